"""When a sweep should have run, and when a renewal should have come into work."""

from collections.abc import Sequence
from datetime import datetime, timedelta

TICK = timedelta(hours=1)
MINUTE = 7  # of every hour: when the worker sweeps
LATE = timedelta(minutes=5)
LOOK_BACK = 24  # ticks


def missed(now: datetime, first: datetime | None, started: Sequence[datetime]) -> int:
    """The ticks of the last day at which no sweep began, since the first one ever."""
    if first is None:
        return 0
    last = now.replace(minute=MINUTE, second=0, microsecond=0)
    ticks = [last - TICK * number for number in range(LOOK_BACK + 1)]
    over = [tick for tick in ticks if first < tick and tick + LATE < now]
    return sum(not any(tick <= begun < tick + TICK for begun in started) for tick in over)


def due_at(midnight: datetime, sweep_hour: int) -> datetime:
    """The instant of a day (given by its midnight) from which what is due that day may be swept."""
    return midnight + timedelta(hours=sweep_hour)
