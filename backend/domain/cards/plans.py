"""What a kind's rules are asked about a move, and what they answer. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from backend.domain import stages
from backend.domain.cards.follow_ups import FollowUp
from backend.domain.cards.schemas import MoveRequest
from backend.domain.stages import Reason, Stage, StageKind, State
from backend.errors import FieldNeeded, ReasonNeeded


class Situation(Struct, frozen=True, kw_only=True):
    """A card that is to be moved: its proposed values, the arrow, what was given, the day."""

    values: Mapping[str, Any]
    origin: Stage
    target: Stage
    stages: tuple[Stage, ...]
    reasons: tuple[Reason, ...]
    given: MoveRequest
    now: datetime
    today: date
    reopens: bool = True

    @property
    def reason(self) -> Reason | None:
        return next((r for r in self.reasons if r.id == self.given.reason_id), None)


class Plan(Struct, frozen=True, kw_only=True):
    """What a move changes: stages it passes, columns of the card and its kind, follow-ups."""

    path: tuple[Stage, ...]
    card: dict[str, Any] = {}
    special: dict[str, Any] = {}
    follow_ups: tuple[FollowUp, ...] = ()


def common(situation: Situation, *, comes_by_itself: bool = False) -> Plan:
    """What holds for every kind: the arrow, the required fields, the reason of a loss.

    MoveRefused, FieldNeeded or ReasonNeeded before anything is changed. Nobody can be asked for
    the fields of a card that comes by itself, on whatever way.
    """
    origin, target = situation.origin, situation.target
    if not comes_by_itself:
        stages.demand_arrow(origin, target, situation.stages, reopens=situation.reopens)
        stages.demand_fields(target, situation.values)
    changes: dict[str, Any] = {
        "reason_id": None, "close_comment": None, "lost_from_stage_id": None, "closed_at": None,
    }  # fmt: skip
    if target.state in stages.CLOSED:
        changes["closed_at"] = situation.now
        changes["close_comment"] = situation.given.comment
    if target.kind is StageKind.LOST:
        reason = demand_reason(situation)
        changes["reason_id"] = reason.id
        changes["lost_from_stage_id"] = None if origin.state is State.WAITING else origin.id
    return Plan(path=(target,), card=changes)


def demand_reason(situation: Situation) -> Reason:
    """The reason given; ReasonNeeded with those to choose from, FieldNeeded for its ask."""
    reason = situation.reason
    if reason is None:
        unknown = situation.given.reason_id is not None
        raise ReasonNeeded(
            "This reason does not belong to this pipeline; choose another"
            if unknown
            else f"“{situation.target.name}” needs a reason",
            reasons=[
                {
                    "id": r.id,
                    "key": r.key,
                    "name": r.name,
                    "group": r.group,
                    "ask": r.ask,
                    "ask_required": r.ask_required,
                }
                for r in situation.reasons
            ],
            suggested_action="send `reason_id` with the move",
        )
    demand_ask(reason, situation)
    return reason


def demand_ask(reason: Reason, situation: Situation) -> None:
    """FieldNeeded where the reason demands a field that was not given."""
    if reason.ask is None or not reason.ask_required:
        return
    given = {**situation.values, "comment": situation.given.comment}
    if given.get(reason.ask) in (None, ""):
        place = "`comment`" if reason.ask == "comment" else f"`fields.{reason.ask}`"
        raise FieldNeeded(
            f"“{reason.name}” needs {reason.ask}",
            missing_fields=[reason.ask],
            suggested_action=f"send {place} with the move",
        )
