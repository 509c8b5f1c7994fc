"""How a card differs from what it was. Pure."""

from datetime import date, timedelta
from typing import Literal

from backend.domain.stages import Stage, StageKind, State

What = Literal["new", "forward", "back", "slipped", "won", "lost", "reopened", "moved_out"]
WORK = (StageKind.OPEN, StageKind.DETOUR)
WEEK = 7


def weeks_before(since: date, until: date) -> tuple[date, date] | None:
    """As many days, so many whole weeks earlier that they are over when these begin.

    None where the calendar does not reach that far back.
    """
    weeks = max(1, -(-((until - since).days + 1) // WEEK))
    if since.toordinal() <= weeks * WEEK:
        return None
    return since - timedelta(weeks=weeks), until - timedelta(weeks=weeks)


def changed(pipeline_id: int, then: Stage | None, now: Stage, *, put_off: bool) -> What | None:
    """What happened to a card of a pipeline between two days; None where nothing that counts did.

    `then` is None for a card that had not entered; `put_off` says that its date was.
    """
    was = None if then is None or then.pipeline_id != pipeline_id else then
    if now.pipeline_id != pipeline_id or now.kind is StageKind.HOLDING:
        return "moved_out" if was is not None and was.kind in WORK else None
    if now.state is not State.OPEN:
        closed: What = "won" if now.state is State.WON else "lost"
        return closed if was is None or was.state is not now.state else None
    if was is None or was.kind is StageKind.HOLDING:
        return "new"
    if was.state is not State.OPEN:
        return "reopened"
    if was.kind is now.kind is StageKind.OPEN and was.id != now.id:
        return "forward" if now.position > was.position else "back"
    return "slipped" if put_off else None
