"""What settings have to be. Pure."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from backend.domain.workdays import MOST_YEARLY
from backend.errors import pointed


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def demand_zone(name: str) -> None:
    """BadRequest for a time zone that does not exist."""
    if name not in _zones():
        raise pointed(
            f"“{name}” is not a time zone; name one as in Europe/Moscow, Asia/Almaty, UTC",
            "/time_zone",
        )


def demand_calendar(days_off: Sequence[str], working_days: Sequence[str]) -> None:
    """BadRequest for a day that no calendar has, or that is said to be both."""
    for place, day in enumerate(days_off):
        try:
            date.fromisoformat(day if len(day) > 5 else f"2000-{day}")
        except ValueError:
            raise pointed(f"there is no day “{day}”", f"/days_off/{place}") from None
        if day in working_days:
            raise pointed(f"{day} is named as a working day too", f"/days_off/{place}")
    if sum(len(day) == 5 for day in days_off) > MOST_YEARLY:
        raise pointed(f"at most {MOST_YEARLY} days off of each year", "/days_off")
