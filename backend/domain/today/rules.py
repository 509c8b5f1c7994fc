"""To when a task is put off. Pure."""

from datetime import date, datetime, timedelta
from typing import Literal

from backend.domain.workdays import Workdays, end_after, end_of

Later = Literal["hour", "tomorrow", "week"]


def later(wish: Later, now: datetime, today: date, zone: str, calendar: Workdays) -> datetime:
    """An hour from now, or the end of working hours tomorrow, or on the next Monday.

    A day off gives way to the working day after it.
    """
    if wish == "hour":
        return (now + timedelta(hours=1)).replace(second=0, microsecond=0)
    days = 1 if wish == "tomorrow" else 7 - today.weekday()
    return end_after(now, days, zone, calendar)


def on(day: date, zone: str) -> datetime:
    """By the end of working hours of a day that somebody has chosen, be it a day off."""
    return end_of(day, zone)
