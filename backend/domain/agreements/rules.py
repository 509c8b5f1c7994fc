"""What holds for the terms of an agreement. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from backend.domain.calendar import Period, term_date
from backend.errors import NotAcceptable, pointed

Why = Literal["no_renewal", "last_deleted", "last_won", "last_lost"]


def anchor(renewal_date: date, cycle: int) -> dict[str, Any]:
    """The columns of an anchor: later terms count from this one."""
    return {"anchor_date": renewal_date, "anchor_cycle": cycle}


def counted(row: Mapping[str, Any], cycle: int) -> date | None:
    """The date of a term as the agreement's period counts it from its anchor; None without one."""
    if row["period"] is None:
        return None
    return term_date(row["anchor_date"], row["anchor_cycle"], Period.parse(row["period"]), cycle)


def proposed(row: Mapping[str, Any], cycle: int | None, last: date | None) -> date | None:
    """The date of the term after the last one; None where that one was moved past it."""
    found = counted(row, (cycle or 0) + 1)
    return None if found is not None and last is not None and found <= last else found


def in_force(row: Mapping[str, Any], today: date) -> bool:
    """Whether a signed contract stands behind an agreement on a day."""
    signed = row["signature_status"] in ("signed", "original")
    begun = row["signed_on"] is None or row["signed_on"] <= today
    over = row["valid_until"] is not None and row["valid_until"] < today
    return row["status"] == "running" and signed and begun and not over


def takes_over(other: Mapping[str, Any] | None, row: Mapping[str, Any]) -> bool:
    """Whether what an agreement was about is renewed by another: of the same client, running."""
    return (
        other is not None
        and other["id"] != row["id"]
        and other["client_id"] == row["client_id"]
        and other["status"] == "running"
        and not other["framework"]
        and other["deleted_at"] is None
    )


def demand_dates(row: Mapping[str, Any]) -> None:
    """NotAcceptable where a contract would end before it is signed."""
    signed, until = row.get("signed_on"), row.get("valid_until")
    if signed is not None and until is not None and until < signed:
        raise pointed(
            f"this contract was signed on {signed}; it cannot end before",
            "/valid_until",
            NotAcceptable,
        )


def why_orphaned(state: str | None, deleted: bool) -> Why:
    """Why a running agreement has no next renewal, by its last one."""
    if state is None:
        return "no_renewal"
    if deleted:
        return "last_deleted"
    return "last_lost" if state == "lost" else "last_won"
