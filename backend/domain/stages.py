"""The stage machine: kinds of stages, arrows between them, what a stage demands. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from backend.errors import FieldNeeded, MoveRefused


class StageKind(StrEnum):
    HOLDING = "holding"
    OPEN = "open"
    DETOUR = "detour"
    WON = "won"
    LOST = "lost"


class State(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class EventKind(StrEnum):
    CREATED = "created"
    ACTIVATED = "activated"
    MOVED = "moved"
    WON = "won"
    LOST = "lost"
    REOPENED = "reopened"
    PIPELINE_CHANGED = "pipeline_changed"
    HELD = "held"
    EDITED = "edited"
    TRANSFERRED = "transferred"
    DELETED = "deleted"
    RESTORED = "restored"
    VOIDED = "voided"


STATE_OF = {
    StageKind.HOLDING: State.WAITING,
    StageKind.OPEN: State.OPEN,
    StageKind.DETOUR: State.OPEN,
    StageKind.WON: State.WON,
    StageKind.LOST: State.LOST,
}
CLOSED = {State.WON, State.LOST}


class Stage(Struct, frozen=True):
    """A stage as the rules see it."""

    id: int
    pipeline_id: int
    key: str
    kind: StageKind
    position: int
    name: str
    probability: int = 0
    required_fields: tuple[str, ...] = ()
    from_stages: tuple[str, ...] | None = None
    computes_renewal_date: bool = False

    @property
    def state(self) -> State:
        return STATE_OF[self.kind]

    def place(self) -> dict[str, Any]:
        """The columns of a card that stands in it."""
        return {"pipeline_id": self.pipeline_id, "stage_id": self.id, "state": self.state}


class Reason(Struct, frozen=True):
    """A reason as the rules see it; `ask` is the field that choosing it demands or offers."""

    id: int
    key: str
    name: str
    group: str
    churn: str | None
    ask: str | None
    ask_required: bool


def may_go(origin: Stage, target: Stage, *, reopens: bool = True) -> bool:
    """Whether a card that stands in `origin` may go to `target` (never the same stage).

    Nothing goes into the store by hand; won and lost are left only to an open stage, and not at
    all where the kind does not reopen; `from_stages` narrows it within one pipeline.
    """
    if target.kind is StageKind.HOLDING:
        return False
    if origin.state in CLOSED and (not reopens or target.state in CLOSED):
        return False
    if origin.pipeline_id == target.pipeline_id and target.from_stages is not None:
        return origin.key in target.from_stages
    return True


def allowed(origin: Stage, stages: Iterable[Stage], *, reopens: bool = True) -> list[Stage]:
    """The stages a card in `origin` may go to, in board order."""
    others = (stage for stage in stages if stage.id != origin.id)
    return sorted(
        (s for s in others if may_go(origin, s, reopens=reopens)), key=lambda s: s.position
    )


def as_choices(found: Iterable[Stage]) -> list[dict[str, Any]]:
    """Stages as a refusal names them."""
    return [{"id": s.id, "key": s.key, "name": s.name} for s in found]


def demand_arrow(
    origin: Stage, target: Stage, stages: Sequence[Stage], *, reopens: bool = True
) -> None:
    """MoveRefused, with the stages that are allowed, where there is no such arrow."""
    if may_go(origin, target, reopens=reopens):
        return
    possible = allowed(origin, stages, reopens=reopens)
    if target.kind is StageKind.HOLDING:
        why = "A card is put back to wait by rescheduling it, not by moving it"
    elif origin.state in CLOSED and not reopens:
        why = f"“{origin.name}” is final; make a new card instead"
    elif origin.state in CLOSED:
        why = (
            "A closed card goes to an open stage first, "
            f"not from “{origin.name}” to “{target.name}”"
        )
    else:
        why = f"“{origin.name}” does not lead to “{target.name}”"
    raise MoveRefused(why, allowed_stages=as_choices(possible))


def missing(required: Iterable[str], values: Mapping[str, Any]) -> list[str]:
    """The required fields that are empty; `a|b` is satisfied by either."""
    return [
        field for field in required if all(_empty(values.get(name)) for name in field.split("|"))
    ]


def _empty(value: Any) -> bool:
    """Nothing, a blank text, no lines, a tick that is not set; an amount of 0 is an amount."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is False or value in ([], ())


def demand_fields(stage: Stage, values: Mapping[str, Any]) -> None:
    """FieldNeeded, naming each, where the stage's required fields are not all given."""
    lacking = missing(stage.required_fields, values)
    if lacking:
        named = ", ".join(field.replace("|", " or ") for field in lacking)
        raise FieldNeeded(
            f"“{stage.name}” needs: {named}",
            missing_fields=lacking,
            suggested_action="send them along: in `fields` of a move, in the body of a new card",
        )


def event_of(origin: Stage | None, target: Stage) -> EventKind:
    """What a stage event is called."""
    if origin is None:
        return EventKind.CREATED
    if origin.kind is StageKind.HOLDING and target.state is State.OPEN:
        return EventKind.ACTIVATED
    if target.kind is StageKind.HOLDING:
        return EventKind.HELD
    if target.kind is StageKind.WON:
        return EventKind.WON
    if target.kind is StageKind.LOST:
        return EventKind.LOST
    if origin.state in CLOSED:
        return EventKind.REOPENED
    if origin.pipeline_id != target.pipeline_id:
        return EventKind.PIPELINE_CHANGED
    return EventKind.MOVED


def first_open(stages: Iterable[Stage]) -> Stage:
    """The first open stage of a pipeline: where new cards and activated renewals stand."""
    opens = [s for s in stages if s.kind is StageKind.OPEN]
    if not opens:
        raise MoveRefused("this pipeline has no open stage; an admin has to add one")
    return min(opens, key=lambda s: s.position)


def main_line(stages: Iterable[Stage]) -> list[Stage]:
    """The open stages in order: the ones a funnel counts."""
    return sorted((s for s in stages if s.kind is StageKind.OPEN), key=lambda s: s.position)
