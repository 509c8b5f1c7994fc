"""Periods, anchor arithmetic and lead times: all dates of renewals come from here."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from backend.errors import NotAcceptable, pointed

PERIOD = r"^P(0|[1-9][0-9]{0,3})[DWMY]$"
_MONTHS = {"M": 1, "Y": 12}
_DAYS = {"D": 1, "W": 7}


@dataclass(frozen=True, slots=True)
class Period:
    """A whole number of days, weeks, months or years, written as in ISO 8601: `P2W`, `P1M`."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> "Period":
        if not re.fullmatch(PERIOD, text):
            raise NotAcceptable(
                f"“{text}” is not a period; write whole days, weeks, months or years:"
                " P30D, P2W, P1M, P1Y"
            )
        return cls(int(text[1:-1]), text[-1])

    def __str__(self) -> str:
        return f"P{self.count}{self.unit}"


def shift(start: date, period: Period, times: int = 1) -> date:
    """`start` moved by `times` periods; months end on the same day or the month's last.

    The day comes from `start` alone, so 31 January plus two months is 31 March whatever lies
    between. NotAcceptable where the calendar ends (years 1 to 9999).
    """
    count = period.count * times
    try:
        if period.unit in _DAYS:
            return start + timedelta(days=count * _DAYS[period.unit])
        year, month = divmod(start.year * 12 + start.month - 1 + count * _MONTHS[period.unit], 12)
        day = min(start.day, monthrange(year, month + 1)[1])
        return date(year, month + 1, day)
    except (OverflowError, ValueError, IndexError):
        raise NotAcceptable("this date lies outside the calendar (years 1 to 9999)") from None


def term_date(anchor: date, anchor_cycle: int, period: Period, cycle: int) -> date:
    """The renewal date of a cycle: anchor date + (cycle − anchor cycle) × period."""
    return shift(anchor, period, cycle - anchor_cycle)


def activation_date(renewal_date: date, lead: Period) -> date:
    """When a renewal comes into work: its date less the lead time, clamped to the month's end."""
    return shift(renewal_date, lead, -1)


def in_utc(instant: datetime, pointer: str) -> datetime:
    """An instant in UTC; BadRequest where it has no place in the calendar there."""
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise pointed("this instant lies outside the calendar", pointer) from None


def demand_span(period: str | None, pointer: str = "/period") -> None:
    """BadRequest where a period is no longer than nothing."""
    if period is not None and Period.parse(period).count == 0:
        raise pointed("a period must be longer than nothing", pointer)
