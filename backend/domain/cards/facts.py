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
    """One stage event: where the card came from and went to, and when."""

    kind: EventKind
    at: datetime
    origin_id: int | None
    target_id: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """A card in a pipeline: entered once, its furthest main stage, its outcome so far."""

    pipeline_id: int
    entered_at: datetime
    furthest_stage_id: int | None
    state: str
    entered_late: bool
    lost_from_stage_id: int | None = None
    closed_at: datetime | None = None
    reopened: int = 0


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
            funnel, state="moved_out", lost_from_stage_id=None, closed_at=None
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
            furthest_stage_id=_further(funnel.furthest_stage_id, main, stages),
            reopened=funnel.reopened + (event.kind is EventKind.REOPENED),
        )
    facts.funnels[target.pipeline_id] = funnel
    back = int(_goes_back(origin, target))
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
    )


def _goes_back(origin: Stage | None, target: Stage) -> bool:
    return (
        origin is not None
        and origin.pipeline_id == target.pipeline_id
        and origin.kind is target.kind is StageKind.OPEN
        and origin.position > target.position
    )


def _first_position(pipeline_id: int, stages: Mapping[int, Stage]) -> int:
    return min(
        s.position
        for s in stages.values()
        if s.pipeline_id == pipeline_id and s.kind is StageKind.OPEN
    )


def _further(known: int | None, new: int | None, stages: Mapping[int, Stage]) -> int | None:
    if new is None or known is None:
        return new if known is None else known
    return new if stages[new].position > stages[known].position else known
