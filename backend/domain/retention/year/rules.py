"""The months of a year that begins anywhere. Pure."""

from calendar import monthrange
from datetime import date
from typing import Literal, get_args

from backend.errors import BadRequest

MONTHS = 12
# waiting and active ones lie ahead; overdue is what is neither won nor lost on the day after.
Became = Literal["waiting", "active", "overdue", "won", "lost"]
STATES: tuple[Became, ...] = get_args(Became)
LAST_YEAR = date.max.year - 1


def first_of(month: str) -> date:
    """The first day of a month like 2026-03; BadRequest where there is no such month."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise BadRequest(f"“{month}” is no month: write it like 2026-03") from None
    if first.year > LAST_YEAR:
        raise BadRequest("The calendar does not reach that far")
    return first


def last_of(first: date) -> date:
    """The last day of a month that is given by its first."""
    return first.replace(day=monthrange(first.year, first.month)[1])


def shifted(first: date, months: int) -> date:
    """The first day of the month so many months later, or earlier, within the calendar."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(min(max(year, 1), LAST_YEAR), month + 1, 1)


def year_from(first: date) -> list[date]:
    """The first days of twelve months."""
    return [shifted(first, number) for number in range(MONTHS)]


def named(first: date) -> str:
    """A month as addresses have it: 2026-03."""
    return first.isoformat()[:7]
