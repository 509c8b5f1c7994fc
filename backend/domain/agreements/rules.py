"""What holds for the terms of an agreement. Pure."""

from datetime import date
from typing import Any, Literal

from backend.domain.calendar import Period
from backend.errors import pointed

Why = Literal["no_renewal", "last_deleted", "last_won", "last_lost"]


def demand_span(period: str | None, pointer: str = "/period") -> None:
    """BadRequest where a period is longer than nothing in no calendar."""
    if period is not None and Period.parse(period).count == 0:
        raise pointed("a period must be longer than nothing", pointer)


def anchor(renewal_date: date, cycle: int) -> dict[str, Any]:
    """The columns of an anchor: later terms count from this one."""
    return {"anchor_date": renewal_date, "anchor_cycle": cycle}


def why_orphaned(state: str | None, deleted: bool) -> Why:
    """Why a running agreement has no next renewal, by its last one."""
    if state is None:
        return "no_renewal"
    if deleted:
        return "last_deleted"
    return "last_lost" if state == "lost" else "last_won"
