"""Funnels by the definitions, slowly: sets of cards made from plain lists of what happened.

Nothing of the product's own is used but the names of its tables.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
MOSCOW = ZoneInfo("Europe/Moscow")
WORK = ("open", "detour")
Sets = dict[tuple[str, int | None], set[int]]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), MOSCOW)


@dataclass(frozen=True)
class Period:
    """Days at the company, both inclusive."""

    start: date | None = None
    end: date | None = None

    def has(self, at: datetime) -> bool:
        if self.start is not None and at < midnight(self.start):
            return False
        return self.end is None or at < midnight(self.end + timedelta(days=1))


@dataclass(frozen=True)
class Stay:
    """A card in a stage from one instant to another (None = it stands there)."""

    stage: Row
    began: datetime
    ended: datetime | None
    reason: str | None
    how: str
    reason_id: int | None = None


@dataclass(frozen=True)
class World:
    """Everything there is: rows of tables."""

    stages: list[Row]
    reasons: dict[int, Row]
    cards: list[Row]
    events: list[Row]
    beside: dict[str, list[Row]] = field(default_factory=dict)

    @cached_property
    def living(self) -> dict[int, Row]:
        """A deleted stage is the one that took its place."""
        rows = {row["id"]: row for row in self.stages}
        found = {}
        for number in rows:
            last = number
            while rows[last]["replaced_by_id"] is not None:
                last = rows[last]["replaced_by_id"]
            found[number] = rows[last]
        return found

    def line(self, pipeline: int) -> list[int]:
        main = [
            s for s in self.stages
            if s["pipeline_id"] == pipeline and s["kind"] == "open" and s["deleted_at"] is None
        ]  # fmt: skip
        return [s["id"] for s in sorted(main, key=lambda s: s["position"])]

    @cached_property
    def _histories(self) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = {}
        for event in self.events:
            found.setdefault(event["card_id"], []).append(event)
        return found

    def histories(self) -> dict[int, list[Row]]:
        return self._histories


@dataclass(frozen=True)
class Told:
    """A card up to an instant."""

    world: World
    card: Row
    events: list[Row]

    @cached_property
    def stays(self) -> list[Stay]:
        voided = {event["voids_id"] for event in self.events}
        moves: list[tuple[Row, Row]] = []
        for event in self.events:
            if event["to_stage_id"] is None or event["event"] == "voided" or event["id"] in voided:
                continue
            stage = self.world.living[event["to_stage_id"]]
            if not moves or moves[-1][0]["id"] != stage["id"]:
                moves.append((stage, event))
        ends: list[datetime | None] = [event["at"] for _, event in moves[1:]]
        return [
            Stay(stage, event["at"], ended, self._group(event), event["event"], event["reason_id"])
            for (stage, event), ended in zip(moves, [*ends, None], strict=True)
        ]

    def _group(self, event: Row) -> str | None:
        reason = self.world.reasons.get(event["reason_id"] or 0)
        return None if reason is None else reason["group"]

    @property
    def there(self) -> bool:
        """Deleted cards count on once they are closed."""
        gone = [e["event"] for e in self.events if e["event"] in ("deleted", "restored")]
        return gone[-1:] != ["deleted"] or self.stays[-1].stage["kind"] in ("won", "lost")

    def amount(self, currency: str) -> int:
        last = self.events[-1]
        return (last["amount"] or 0) if last["currency"] == currency else 0

    def within(self, pipeline: int) -> list[Stay]:
        return [
            stay for stay in self.stays
            if stay.stage["pipeline_id"] == pipeline and stay.stage["kind"] != "holding"
        ]  # fmt: skip

    def state(self, pipeline: int) -> str:
        last = self.stays[-1].stage
        if last["pipeline_id"] != pipeline or last["kind"] == "holding":
            return "moved_out"
        return "open" if last["kind"] in WORK else str(last["kind"])

    def main(self, pipeline: int) -> list[int]:
        return [s.stage["id"] for s in self.within(pipeline) if s.stage["kind"] == "open"]


def told(world: World, as_of: datetime, now: bool, sees: Callable[[Row], bool]) -> list[Told]:
    """The cards that somebody sees, with what had happened to each before an instant."""
    cards = {card["id"]: card for card in world.cards}
    found = []
    for card_id, events in world.histories().items():
        before = [event for event in events if now or event["at"] < as_of]
        if before and sees(cards[card_id]):
            one = Told(world, cards[card_id], before)
            if one.stays:
                found.append(one)
    return found


def in_order(path: Sequence[int], wanted: Sequence[int]) -> bool:
    """Whether the wanted stages were entered one after the other, whatever came between."""
    if not wanted:
        return True
    return wanted[0] in path and in_order(path[path.index(wanted[0]) + 1 :], wanted[1:])


def cohort(cards: Iterable[Told], pipeline: int, line: list[int], count: str, days: Period) -> Sets:
    """The cards behind every number of a cohort."""
    sets: Sets = {}

    def put(name: str, stage: int | None, one: Told) -> None:
        sets.setdefault((name, stage), set()).add(one.card["id"])

    for one in cards:
        been = one.within(pipeline)
        if been and days.has(been[0].began) and one.there:
            _place(put, one, pipeline, line, count)
    return sets


def _place(
    put: Callable[[str, int | None, Told], None], one: Told, pipeline: int, line: list[int],
    count: str,
) -> None:  # fmt: skip
    been, state, main = one.within(pipeline), one.state(pipeline), one.main(pipeline)
    stood = {stay.stage["id"] for stay in been if stay.stage["kind"] in WORK}
    far = len(line) if state == "won" else max([line.index(s) + 1 for s in main], default=1)
    if count == "strict":
        passed = max(n for n in range(len(line) + 1) if in_order(main, line[:n]))
    else:
        passed = far
    end = "bypassed" if state == "won" and count == "strict" and passed < len(line) else state
    _whole(put, one, pipeline, been, end)
    for place, stage in enumerate(line, start=1):
        if place <= far and stage not in stood:
            put("skipped", stage, one)
        if place <= passed and (count != "touched" or stage in stood):
            put("reached", stage, one)
            put("advanced" if place < passed or end == "won" else end, stage, one)
    for stage in stood:
        put("touched", stage, one)
        if stage not in line and state == "won":
            put("touched_won", stage, one)
    for stage in _returns(one, pipeline, line):
        put("returned", stage, one)


def _whole(
    put: Callable[[str, int | None, Told], None], one: Told, pipeline: int, been: list[Stay],
    end: str,
) -> None:  # fmt: skip
    put("entered", None, one)
    put(end, None, one)
    if been[0].stage["kind"] == "open" and been[0].stage["id"] != one.world.line(pipeline)[0]:
        put("entered_late", None, one)
    if any(stay.how == "reopened" and stay.stage["kind"] in WORK for stay in been[1:]):
        put("reopened", None, one)
    if one.state(pipeline) == "lost" and one.stays[-1].reason == "void":
        put("void", None, one)
    if _returns(one, pipeline, one.world.line(pipeline)):
        put("returned", None, one)


def _returns(one: Told, pipeline: int, line: list[int]) -> set[int]:
    """The main stages that a card came back to straight from a later one."""
    found = set()
    for former, stay in zip(one.stays, one.stays[1:], strict=False):
        pair = [former.stage["id"], stay.stage["id"]]
        if all(s in line for s in pair) and line.index(pair[0]) > line.index(pair[1]):
            found.add(pair[1])
    return found


def snapshot(cards: Iterable[Told], pipeline: int, days: Period) -> Sets:
    """Who stands where."""
    sets: Sets = {}
    for one in cards:
        last = one.stays[-1].stage
        here = last["pipeline_id"] == pipeline and last["kind"] in WORK
        if here and one.there and days.has(one.within(pipeline)[0].began):
            for role in (("entered", None), ("open", None)):
                sets.setdefault(role, set()).add(one.card["id"])
            for name in ("reached", "open"):
                sets.setdefault((name, last["id"]), set()).add(one.card["id"])
    return sets


def flow(cards: Iterable[Told], pipeline: int, line: list[int], days: Period) -> Sets:
    """The last exit of each card from each stage within the period."""
    sets: Sets = {}
    for one in cards:
        left = [
            (a.stage["id"], _whereto(a.stage, b.stage, line), b.reason)
            for a, b in zip(one.stays, one.stays[1:], strict=False)
            if a.stage["pipeline_id"] == pipeline and days.has(b.began)
            and a.stage["kind"] != "holding"
        ]  # fmt: skip
        if not left or not one.there:
            continue
        roles: list[tuple[str, int | None]] = [("entered", None)]
        last = left[-1][1]
        roles.append(("open" if last == "advanced" else last, None))
        if one.state(pipeline) == "lost" and one.stays[-1].reason == "void" and last == "lost":
            roles.append(("void", None))
        for stage, how in {stage: how for stage, how, _ in left}.items():
            if stage in line:
                roles += [("reached", stage), ("advanced" if how == "won" else how, stage)]
        for role in roles:
            sets.setdefault(role, set()).add(one.card["id"])
    return sets


def _whereto(origin: Row, target: Row, line: list[int]) -> str:
    if origin["pipeline_id"] != target["pipeline_id"] or target["kind"] == "holding":
        return "moved_out"
    if target["kind"] in ("won", "lost"):
        return str(target["kind"])
    both = origin["id"] in line and target["id"] in line
    forward = both and line.index(target["id"]) > line.index(origin["id"])
    return "advanced" if forward else "open"
