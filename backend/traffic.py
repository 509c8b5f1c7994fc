"""What one server process has counted: requests by route and status, and how long they took."""

import bisect
import os
import socket
from collections.abc import Iterator
from typing import Any

BOUNDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)  # seconds


class Traffic:
    """Counts in memory; written into the database now and then, for any process to tell."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.queue: str | None = None
        self._requests: dict[tuple[str, str, int], int] = {}
        self._times: dict[tuple[str, str], list[float]] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        key = (method, route, status)
        self._requests[key] = self._requests.get(key, 0) + 1
        times = self._times.setdefault((method, route), [0.0] * (len(BOUNDS) + 2))
        times[bisect.bisect_left(BOUNDS, seconds)] += 1
        times[-1] += seconds

    def figures(self, waiting: int) -> dict[str, Any]:
        """All that was counted, as it is stored, and the mark of the queue it speaks to."""
        return {
            "requests": [[*key, count] for key, count in self._requests.items()],
            "times": [[*key, *times] for key, times in self._times.items()],
            "pool_waiters": waiting,
            "queue": self.queue,
        }


def requests(figures: dict[str, Any]) -> Iterator[tuple[str, str, int, int]]:
    """Method, route, status and how many."""
    yield from figures.get("requests", ())


def times(figures: dict[str, Any]) -> Iterator[tuple[str, str, list[int], float]]:
    """Method, route, how many took at most each bound and any time, and the seconds of all."""
    for method, route, *counts, seconds in figures.get("times", ()):
        total, below = 0, []
        for count in counts:
            total += int(count)
            below.append(total)
        yield method, route, below, seconds
