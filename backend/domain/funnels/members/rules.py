"""A card in a report, and what many of them come to. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.domain import money
from backend.domain.cards.facts import Facts, StageEvent, Visit
from backend.domain.funnels import rules
from backend.domain.funnels.rules import WHOLE, Dwell, Role
from backend.domain.funnels.schemas import Rest, Standing, Sum
from backend.domain.stages import Stage, StageKind


@dataclass(frozen=True, slots=True)
class Member:
    """A card, the numbers it is counted in, what it was worth, its visits.

    `probability` in per cent and `since` are those of a card that stands in a stage.
    """

    card_id: int
    roles: tuple[Role, ...]
    amount: int | None
    currency: str
    visits: tuple[Visit, ...] = ()
    since: datetime | None = None
    probability: int = 0

    def weight(self, currency: str | None) -> int:
        """What it adds to a number: itself, or its amount in a currency."""
        if currency is None:
            return 1
        return self.amount or 0 if self.currency == currency else 0


def exits(
    events: Iterable[StageEvent], stages: Mapping[int, Stage], pipeline_id: int
) -> list[tuple[datetime, int, str]]:
    """How a card left the main stages of a pipeline, one after the other: when, which, whereto.

    `open` is a step back or aside.
    """
    found = []
    for event in events:
        if event.origin_id is None:
            continue
        origin, target = stages[event.origin_id], stages[event.target_id]
        if origin.id != target.id and origin.pipeline_id == pipeline_id:
            found.append((event.at, origin.id, _whereto(origin, target)))
    return found


def _whereto(origin: Stage, target: Stage) -> str:
    if origin.pipeline_id != target.pipeline_id or target.kind is StageKind.HOLDING:
        return "moved_out"
    if target.kind in (StageKind.WON, StageKind.LOST):
        return str(target.kind)
    ahead = origin.kind is target.kind is StageKind.OPEN and target.position > origin.position
    return "advanced" if ahead else "open"


def flow_roles(
    line: Sequence[int], left: Sequence[tuple[int, str]], void: bool
) -> tuple[Role, ...]:
    """The numbers of a flow from a card's exits in the period: its last one of each stage."""
    if not left:
        return ()
    outcome = left[-1][1] if left[-1][1] != "advanced" else "open"
    found: list[Role] = [("entered", WHOLE), (outcome, WHOLE)]
    if void and outcome == "lost":
        found.append(("void", WHOLE))
    for stage_id, how in dict(left).items():
        if stage_id in line:
            found += [("reached", stage_id), ("advanced" if how == "won" else how, stage_id)]
    return tuple(found)


def standing_in(facts: Facts) -> Visit | None:
    """The visit that a card is on, where it stands in an open stage or a detour."""
    return next((v for v in facts.visits.values() if v.open_since is not None), None)


def dwell(members: Iterable[Member], as_of: datetime) -> dict[int, Dwell]:
    """Times in stages over all visits of all members."""
    visits: dict[int, list[Visit]] = defaultdict(list)
    for member in members:
        for visit in member.visits:
            visits[visit.stage_id].append(visit)
    return {
        stage_id: told(
            sum(one.visits for one in seen),
            [one.seconds for one in seen if one.open_since is None],
            [age(one.open_since, as_of) for one in seen if one.open_since is not None],
        )
        for stage_id, seen in visits.items()
    }


def told(visits: int, seconds: Sequence[float], ages: Sequence[float]) -> Dwell:
    """Times in one stage."""
    return Dwell(
        visits=visits, median=rules.percentile(seconds, 0.5), p80=rules.percentile(seconds, 0.8),
        mean=rules.mean(seconds), age=rules.percentile(ages, 0.5),
    )  # fmt: skip


def age(since: datetime, as_of: datetime) -> float:
    """Seconds from one instant to another, in whole ones."""
    return float(int((as_of - since).total_seconds()))


def standing(members: Sequence[Member], as_of: datetime) -> dict[int, Standing]:
    """Who stands where."""
    here: dict[int, list[Member]] = defaultdict(list)
    for member in members:
        for bucket, stage_id in member.roles:
            if bucket == "open" and stage_id is not None:
                here[stage_id].append(member)
    return {stage_id: _standing(own, len(members), as_of) for stage_id, own in here.items()}


def _standing(own: Sequence[Member], of: int, as_of: datetime) -> Standing:
    ages = [age(one.since, as_of) for one in own if one.since is not None]
    return Standing(
        cards=len(own), share=rules.ratio(len(own), of), sums=sums(own),
        median_age_days=rules.days(rules.percentile(ages, 0.5)),
        p80_age_days=rules.days(rules.percentile(ages, 0.8)),
    )  # fmt: skip


def sums(own: Iterable[Member]) -> list[Sum]:
    """Amounts by currency, and weighted by probability; never mixed."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in own:
        total = found[one.currency]
        total[0] += 1
        total[1] += one.amount or 0
        total[2] += (one.amount or 0) * one.probability
    return [
        Sum(
            currency=currency, cards=cards, amount=money.text(amount, currency) or "",
            weighted=money.text(money.divide(weighted, 100), currency) or "",
        )
        for currency, (cards, amount, weighted) in sorted(found.items())
    ]  # fmt: skip


def others(rows: Iterable[tuple[str, int, int, int | None]], currency: str) -> list[Rest]:
    """What no figure in a currency holds, from (currency, cards, with an amount, sum)."""
    found = []
    for code, cards, valued, amount in sorted(rows):
        if code != currency:
            found.append(Rest(currency=code, cards=cards, amount=money.text(amount, code)))
        elif cards > valued:
            found.append(Rest(currency=code, cards=cards - valued, amount=None))
    return found


def by_currency(members: Iterable[Member]) -> list[tuple[str, int, int, int | None]]:
    """(currency, cards, with an amount, sum) of members."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in members:
        row = found[one.currency]
        row[0] += 1
        row[1] += one.amount is not None
        row[2] += one.amount or 0
    return [(code, cards, valued, amount if valued else None)
            for code, (cards, valued, amount) in found.items()]  # fmt: skip
