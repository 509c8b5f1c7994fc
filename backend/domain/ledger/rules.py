"""When the sweep has been silent for too long. Pure."""

from datetime import datetime, timedelta

SILENT_AFTER = timedelta(hours=26)


def is_silent(now: datetime, finished_at: datetime) -> bool:
    """Whether too long has passed since a sweep came to its end: a day, and what it may be late."""
    return now - finished_at > SILENT_AFTER
