"""The funnel's facts of one card, folded from its stage events. Pure.

A `Funnel` stands for one card in one pipeline, a `Visit` for one card in one stage. The same step
is taken by a move, by a recomputation after a voided move, and by the check of all facts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from backend.domain.stages import EventKind, Stage, StageKind

MOVING = {
    EventKind.CREATED, EventKind.ACTIVATED, EventKind.MOVED, EventKind.WON, EventKind.LOST,
    EventKind.REOPENED, EventKind.PIPELINE_CHANGED, EventKind.HELD,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StageEvent:
    """One stage event: where the card came from and went to, when, and why it was lost."""

    kind: EventKind
    at: datetime
    origin_id: int | None
    target_id: int
    reason_id: int | None = None


@dataclass(frozen=True, slots=True)
class Funnel:
    """A card in a pipeline: entered once, its furthest main stage, its outcome so far.

    `strict_stage_id` is as far as it went through every main stage in order. `touched` and
    `returned` are the stages it stood in and came back to, as ids in order with blanks between.
    """

    pipeline_id: int
    entered_at: datetime
    furthest_stage_id: int | None
    state: str
    entered_late: bool
    lost_from_stage_id: int | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    strict_stage_id: int | None = None
    touched: str = ""
    returned: str = ""
    reason_id: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A card in a stage: all its visits together; `seconds` are those of the finished ones."""

    stage_id: int
    pipeline_id: int
    cohort_at: datetime
    first_entered_at: datetime
    visits: int
    returns: int
    seconds: int
    open_since: datetime | None


@dataclass(slots=True)
class Facts:
    """All facts of one card."""

    funnels: dict[int, Funnel] = field(default_factory=dict)
    visits: dict[int, Visit] = field(default_factory=dict)


def apart(one: Facts, other: Facts) -> int:
    """How many facts differ, those counted that only one of the two has."""
    pairs: tuple[tuple[Mapping[int, object], Mapping[int, object]], ...] = (
        (one.funnels, other.funnels),
        (one.visits, other.visits),
    )
    return sum(a.get(key) != b.get(key) for a, b in pairs for key in a.keys() | b.keys())


def fold(events: Iterable[StageEvent], stages: Mapping[int, Stage]) -> Facts:
    """The facts of a card from its events in order, voided ones left out."""
    facts = Facts()
    for event in events:
        step(facts, event, stages)
    return facts


def step(facts: Facts, event: StageEvent, stages: Mapping[int, Stage]) -> None:
    """Take one stage event into the facts.

    A deleted stage is the one that replaced it; a move between the two is none.
    """
    origin = stages[event.origin_id] if event.origin_id is not None else None
    target = stages[event.target_id]
    if origin is not None and origin.id == target.id:
        return
    if origin is not None:
        _leave(facts, event, origin, target)
    if target.kind in (StageKind.OPEN, StageKind.DETOUR):
        _enter(facts, event, origin, target, stages)
    elif target.kind in (StageKind.WON, StageKind.LOST):
        _close(facts, event, origin, target)


def _leave(facts: Facts, event: StageEvent, origin: Stage, target: Stage) -> None:
    visit = facts.visits.get(origin.id)
    if visit is not None and visit.open_since is not None:
        spent = int((event.at - visit.open_since).total_seconds())
        facts.visits[origin.id] = replace(
            visit, seconds=visit.seconds + max(spent, 0), open_since=None
        )
    # A renewal that is put back to wait leaves the funnel as one that changed its pipeline does.
    leaves = origin.pipeline_id != target.pipeline_id or target.kind is StageKind.HOLDING
    if leaves and (funnel := facts.funnels.get(origin.pipeline_id)) is not None:
        facts.funnels[origin.pipeline_id] = replace(
            funnel, state="moved_out", lost_from_stage_id=None, closed_at=None, reason_id=None
        )


def _enter(
    facts: Facts,
    event: StageEvent,
    origin: Stage | None,
    target: Stage,
    stages: Mapping[int, Stage],
) -> None:
    funnel = facts.funnels.get(target.pipeline_id)
    main = target.id if target.kind is StageKind.OPEN else None
    if funnel is None:
        late = main is not None and target.position > _first_position(target.pipeline_id, stages)
        funnel = Funnel(target.pipeline_id, event.at, main, "open", late)
    else:
        funnel = replace(
            funnel,
            state="open",
            lost_from_stage_id=None,
            closed_at=None,
            reason_id=None,
            furthest_stage_id=_further(funnel.furthest_stage_id, main, stages),
            reopened=funnel.reopened + (event.kind is EventKind.REOPENED),
        )
    back = int(_goes_back(origin, target))
    facts.funnels[target.pipeline_id] = replace(
        funnel,
        strict_stage_id=_in_order(funnel.strict_stage_id, target, stages),
        touched=_with(funnel.touched, target.id),
        returned=_with(funnel.returned, target.id) if back else funnel.returned,
    )
    visit = facts.visits.get(target.id)
    if visit is None:
        visit = Visit(
            target.id, target.pipeline_id, funnel.entered_at, event.at, 1, back, 0, event.at
        )
    else:
        visit = replace(
            visit, visits=visit.visits + 1, returns=visit.returns + back, open_since=event.at
        )
    facts.visits[target.id] = visit


def _close(facts: Facts, event: StageEvent, origin: Stage | None, target: Stage) -> None:
    funnel = facts.funnels.get(target.pipeline_id)
    if funnel is None:
        funnel = Funnel(target.pipeline_id, event.at, None, "open", False)
    lost = target.kind is StageKind.LOST
    facts.funnels[target.pipeline_id] = replace(
        funnel,
        state="lost" if lost else "won",
        closed_at=event.at,
        lost_from_stage_id=origin.id if lost and origin is not None else None,
        reason_id=event.reason_id if lost else None,
    )


def _goes_back(origin: Stage | None, target: Stage) -> bool:
    return (
        origin is not None
        and origin.pipeline_id == target.pipeline_id
        and origin.kind is target.kind is StageKind.OPEN
        and origin.position > target.position
    )


def _first_position(pipeline_id: int, stages: Mapping[int, Stage]) -> int:
    return min(_positions(pipeline_id, stages))


def _positions(pipeline_id: int, stages: Mapping[int, Stage]) -> list[int]:
    return [
        s.position
        for s in stages.values()
        if s.pipeline_id == pipeline_id and s.kind is StageKind.OPEN
    ]


def _in_order(known: int | None, new: Stage, stages: Mapping[int, Stage]) -> int | None:
    """The new main stage where it comes next after the one that was reached without a gap."""
    if new.kind is not StageKind.OPEN:
        return known
    passed = -1 if known is None else stages[known].position
    ahead = (at for at in _positions(new.pipeline_id, stages) if at > passed)
    return new.id if new.position == min(ahead, default=None) else known


def _with(ids: str, new: int) -> str:
    """Ids with one more among them."""
    return " ".join(map(str, sorted({*map(int, ids.split()), new})))


def _further(known: int | None, new: int | None, stages: Mapping[int, Stage]) -> int | None:
    if new is None or known is None:
        return new if known is None else known
    return new if stages[new].position > stages[known].position else known
