"""What holds for the terms of an agreement. Pure."""

from datetime import date
from typing import Any, Literal

Why = Literal["no_renewal", "last_deleted", "last_won", "last_lost"]


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
