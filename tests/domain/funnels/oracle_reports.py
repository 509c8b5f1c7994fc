"""The other reports by the definitions, slowly, from the same plain lists of what happened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from statistics import mean, median, quantiles
from typing import Any

from tests.domain.funnels.oracle import MOSCOW, WORK, Period, Row, Told, World

CLOSED = ("won", "lost")
ORDER = ("new", "forward", "back", "slipped", "won", "lost", "reopened", "moved_out")
DATES = ("expected_close_on", "renewal_date", "valid_until")


@dataclass(frozen=True)
class Closed:
    """A card as it was closed, or sent."""

    one: Told
    at: datetime
    state: str
    reason_id: int | None
    lost_from: int | None
    seconds: int

    @property
    def owner(self) -> int:
        return int(self.one.card["owner_id"])

    @property
    def month(self) -> str:
        return self.at.astimezone(MOSCOW).strftime("%Y-%m")


def closed(cards: Iterable[Told], pipeline: int, days: Period, sent: bool = False) -> list[Closed]:
    """The cards whose latest closing falls in a period, or the offers last sent in it."""
    found = []
    for one in cards:
        been, last = one.within(pipeline), one.stays[-1]
        state = one.state(pipeline)
        if not been or not one.there:
            continue
        at = last.began if state in CLOSED else None
        if sent:
            at = next((s.began for s in reversed(been) if s.stage["key"] == "sent"), None)
        if at is None or not days.has(at):
            continue
        lost = state == "lost"
        found.append(Closed(
            one, at, state, last.reason_id if lost else None,
            one.stays[-2].stage["id"] if lost and len(one.stays) > 1 else None,
            _cycle(one, been[0].began, at),
        ))  # fmt: skip
    return found


def _cycle(one: Told, entered: datetime, at: datetime) -> int:
    """From entering on, without the time in the store."""
    waits = [
        s for s in one.stays if s.stage["kind"] == "holding" and s.ended and s.began >= entered
    ]
    spent = (at - entered).total_seconds() - sum(
        (s.ended - s.began).total_seconds() for s in waits if s.ended is not None
    )
    return int(spent)


def kept(world: World, found: Iterable[Closed]) -> list[Closed]:
    """All but those that should never have been."""
    voids = {number for number, row in world.reasons.items() if row["group"] == "void"}
    return [one for one in found if one.reason_id not in voids]


def share(part: int, whole: int) -> float | None:
    if not whole:
        return None
    exact = Decimal(part) / Decimal(whole)
    return float(exact.quantize(Decimal("0.0001"), ROUND_HALF_EVEN))


def reasons(world: World, found: Sequence[Closed], group_by: str) -> dict[Any, Any]:
    """(group, reason) to (count, of how many, share, share in all, whether over the limit)."""
    told = {}
    for group, reason_id in {(group_of(o, group_by), o.reason_id) for o in found if o.reason_id}:
        own = [o for o in found if group_by == "stage" or group_of(o, group_by) == group]
        same = [o for o in found if o.reason_id == reason_id]
        count = sum(group_of(o, group_by) == group for o in same)
        limit = world.reasons[reason_id]["limit_percent"]
        over = limit is not None and len(own) >= 10
        told[group, reason_id] = (
            count, len(own), share(count, len(own)), share(len(same), len(found)),
            over and Fraction(count, len(own)) > Fraction(limit, 10_000),
        )  # fmt: skip
    return told


def group_of(one: Closed, group_by: str) -> Any:
    return {"owner": one.owner, "month": one.month, "stage": one.lost_from}[group_by]


def streaks(cards: Sequence[Told], world: World, today: date) -> set[tuple[str, int, str, int]]:
    """Leads and clients of whom everything, or the last of everything, was one reason's."""
    needed = {r["key"]: r["streak"] for r in world.reasons.values() if r["streak"] is not None}
    asked = {"lead": _waiting(cards, world, today)}
    asked["client"] = {r["id"] for r in world.beside["client"] if r["deleted_at"] is None}
    found = set()
    for (who, number), outcomes in _said(cards, world).items():
        keys = [key for _, _, key in sorted(outcomes, key=lambda told: told[:2])]
        least = needed.get(keys[-1] or "", len(keys) + 1)
        last = keys if who == "lead" else keys[-least:]
        if number in asked[who] and len(last) >= least and set(last) == {keys[-1]}:
            found.add((who, number, str(keys[-1]), len(last)))
    return found


def _waiting(cards: Iterable[Told], world: World, today: date) -> set[int]:
    """The open leads that are not suspended."""
    until = {row["card_id"]: row["suspended_until"] for row in world.beside["lead"]}
    return {
        one.card["id"] for one in cards
        if one.card["kind"] == "lead" and one.card["deleted_at"] is None
        and one.stays[-1].stage["kind"] in WORK and (until[one.card["id"]] or today) <= today
    }  # fmt: skip


def _said(cards: Iterable[Told], world: World) -> dict[Any, list[tuple[datetime, int, str | None]]]:
    """Of each lead and client: when each of its cards was closed, and the key of why."""
    leads = {row["card_id"]: row["lead_id"] for row in world.beside["offer"]}
    said: dict[Any, list[tuple[datetime, int, str | None]]] = {}
    for one in cards:
        last, number = one.stays[-1], one.card["id"]
        if last.stage["kind"] not in CLOSED or last.reason == "void":
            continue
        key = world.reasons[last.reason_id]["key"] if last.reason_id else None
        client_id = one.card["client_id"] if one.card["kind"] != "lead" else None
        for whose in (("lead", leads.get(number)), ("client", client_id)):
            if whose[1] is not None:
                said.setdefault(whose, []).append((last.began, number, key))
    return said


def lengths(won: Sequence[Closed]) -> dict[str, float | None]:
    """Days from entering to winning."""
    spent = [one.seconds for one in won]
    if not spent:
        return {"median_days": None, "p80_days": None, "mean_days": None}
    p80 = quantiles(spent, n=10, method="inclusive")[7] if len(spent) > 1 else spent[0]
    return {
        "median_days": median(spent) / 86400, "p80_days": p80 / 86400,
        "mean_days": mean(spent) / 86400,
    }  # fmt: skip


def in_currency(found: Iterable[Closed], currency: str) -> list[Closed]:
    return [one for one in found if one.one.events[-1]["currency"] == currency]


def earned(found: Iterable[Closed]) -> dict[tuple[int, str], int]:
    """What was won by whom in which currency, in minor units."""
    sums: dict[tuple[int, str], int] = {}
    for one in found:
        if one.state == "won":
            key = one.owner, str(one.one.events[-1]["currency"])
            sums[key] = sums.get(key, 0) + one.one.amount(key[1])
    return sums


def velocity(found: Sequence[Closed], standing: int, currency: str) -> dict[str, Any]:
    """Open cards × win rate × average won ÷ average cycle, in minor units a day."""
    own = in_currency(found, currency)
    won = [one for one in own if one.state == "won"]
    told: dict[str, Any] = {
        "open_cards": standing, "won": len(won), "lost": len(own) - len(won),
        "win_rate": share(len(won), len(own)),
        "win_rate_by_amount": share(
            *(sum(o.one.amount(currency) for o in some) for some in (won, own))
        ),
        "average_won": None, "per_day": None,
    }  # fmt: skip
    if won:
        average = Fraction(sum(one.one.amount(currency) for one in won), len(won))
        cycle = Fraction(sum(one.seconds for one in won), len(won))
        told["average_won"] = round(average)
        if cycle:
            rate = Fraction(len(won), len(own))
            told["per_day"] = round(standing * rate * average * 86400 / cycle)
    return told


def forecast(world: World, cards: Iterable[Told], pipeline: int, days: Period) -> dict[Any, Any]:
    """(month, currency) to open cards, amount, weighted; waiting ones, amount."""
    on = {row["card_id"]: row["expected_close_on"] for row in world.beside["deal"]}
    on |= {row["card_id"]: row["valid_until"] for row in world.beside["offer"]}
    terms = {row["card_id"]: row for row in world.beside["renewal"]}
    on |= {number: row["renewal_date"] for number, row in terms.items()}
    rows = {card["id"]: card for card in world.cards}
    chances = {stage["id"]: stage["probability"] for stage in world.stages}
    sums: dict[Any, list[int]] = {}
    for one in cards:
        card, day = one.card, on.get(one.card["id"])
        waits = one.stays[-1].stage["kind"] == "holding"
        here = card["pipeline_id"] == pipeline and (waits or one.state(pipeline) == "open")
        if not here or card["deleted_at"] is not None or not _on(day, days):
            continue
        amount = card["amount"]
        former = rows.get(terms.get(card["id"], {}).get("previous_id") or 0)
        if former and former["currency"] == card["currency"] and former["amount"] is not None:
            amount = former["amount"]
        chance = card["probability"]
        chance = chances[card["stage_id"]] if chance is None else chance
        total = sums.setdefault(
            (None if day is None else day.strftime("%Y-%m"), card["currency"]), [0] * 5
        )
        added = (
            (0, 0, 0, 1, amount or 0) if waits else (1, amount or 0, (amount or 0) * chance, 0, 0)
        )
        total[:] = [a + b for a, b in zip(total, added, strict=True)]
    return {key: (a, b, round(Fraction(c, 100)), d, e) for key, (a, b, c, d, e) in sums.items()}


def _on(day: date | None, days: Period) -> bool:
    if day is None:
        return days.start is None and days.end is None
    return not (days.start and day < days.start) and not (days.end and day > days.end)


def changed(cards: Iterable[Told], pipeline: int, begin: datetime) -> list[tuple[str, int]]:
    """What each card comes to since an instant."""
    found = []
    for one in cards:
        if one.there:
            before = [stay for stay in one.stays if stay.began < begin]
            then = before[-1].stage if before else None
            what = _what(one, pipeline, then, one.stays[-1].stage, begin)
            if what is not None:
                found.append((what, int(one.card["id"])))
    return sorted(found, key=lambda pair: (ORDER.index(pair[0]), pair[1]))


def _what(one: Told, pipeline: int, then: Row | None, now: Row, begin: datetime) -> str | None:
    was = then if then is not None and then["pipeline_id"] == pipeline else None
    if now["pipeline_id"] != pipeline or now["kind"] == "holding":
        return "moved_out" if was is not None and was["kind"] in WORK else None
    if now["kind"] in CLOSED:
        return str(now["kind"]) if was is None or was["kind"] != now["kind"] else None
    if was is None or was["kind"] == "holding":
        return "new"
    if was["kind"] in CLOSED:
        return "reopened"
    line = one.world.line(pipeline)
    if was["id"] != now["id"] and was["id"] in line and now["id"] in line:
        return "forward" if line.index(now["id"]) > line.index(was["id"]) else "back"
    moved = [
        (change["before"], change["after"]) for event in one.events if event["at"] >= begin
        for change in event["changes"] if change["field"] in DATES
    ]  # fmt: skip
    late = bool(moved) and moved[0][0] and moved[-1][1] and moved[-1][1] > moved[0][0]
    return "slipped" if late else None
