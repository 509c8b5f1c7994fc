"""The only place that reads a clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)


def local_date(instant: datetime, zone: str) -> date:
    """The calendar day of an instant in a zone."""
    return instant.astimezone(ZoneInfo(zone)).date()
