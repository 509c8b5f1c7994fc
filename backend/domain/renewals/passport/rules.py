"""The terms of an agreement in a row: from when to when, early or late, with holes. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from backend.domain.money import divide


def begins_on(term: Mapping[str, Any], before: Mapping[str, Any] | None) -> date | None:
    """The day from which a term is covered; None where nothing tells.

    A term follows the one before without a hole, unless that one was paid for after its end and
    the next date was not counted from it.
    """
    if term["forecast"] is not None:
        return date.fromisoformat(term["forecast"]["counted_from"])
    if before is None:
        first = term["anchor_cycle"] == 0 and term["cycle"] == 1
        return term["anchor_date"] if first else None
    paid: date | None = before["closed_on"]
    end: date = before["renewal_date"]
    if term["date_source"] == "period" or paid is None or paid <= end:
        return end
    return paid


def days_late(closed_on: date | None, renewal_date: date) -> int | None:
    """How many days after its date a term was closed; fewer than none is early."""
    return None if closed_on is None else (closed_on - renewal_date).days


def uplift(amount: int | None, before: int | None) -> int | None:
    """What a term costs more than the one before, in hundredths of a per cent of that."""
    if amount is None or not before:
        return None
    return divide((amount - before) * 10_000, before)
