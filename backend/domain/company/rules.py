"""What settings have to be. Pure."""

from functools import cache
from zoneinfo import available_timezones

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
