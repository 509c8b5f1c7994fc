"""What a page says of a card that no single record says: its way, why it came. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from backend.domain.stages import Stage, StageKind, State

# waits: its day lies ahead; due: the next sweep brings it; on_time, early, late: it came so.
Came = Literal["waits", "due", "on_time", "early", "late"]


def came(state: str, activates_on: date, activated_on: date | None, today: date) -> Came:
    """How a renewal stands to the day on which it is to come into work."""
    if state == State.WAITING or activated_on is None:
        return "waits" if activates_on > today else "due"
    if activated_on < activates_on:
        return "early"
    return "late" if activated_on > activates_on else "on_time"


def way(stages: Iterable[Stage], sees_waiting: bool) -> list[Stage]:
    """The stages that a card's page shows as its way: all but those that close it as lost."""
    return [
        one for one in stages
        if one.kind is not StageKind.LOST and (sees_waiting or one.kind is not StageKind.HOLDING)
    ]  # fmt: skip


def place(stage: Stage, now: Stage) -> Literal["past", "now", "ahead"]:
    """Where a stage lies from where the card stands; a card that was lost has nothing behind it."""
    if stage.id == now.id:
        return "now"
    behind = stage.position < now.position and now.kind is not StageKind.LOST
    return "past" if behind and stage.kind is not StageKind.DETOUR else "ahead"


def span(terms: Sequence[tuple[date | None, date]]) -> tuple[date, date] | None:
    """From when to when a chain of terms is drawn; None where there is none of any length."""
    days = [day for term in terms for day in term if day is not None]
    if not days or min(days) == max(days):
        return None
    return min(days), max(days)
