"""Keeps services running: what dies is started again, ever later while it keeps dying."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from backend.embedded import processes
from backend.embedded.stopping import Stopping

TICK = 0.1
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 30.0  # seconds of life after which earlier deaths are forgotten
STOP_WITHIN = 4.5
FOUNDATION_SHARE = 1.0  # seconds of it that are kept for what the others stand on


@dataclass
class Service:
    """One child, how to start it, and how it fared."""

    name: str
    start: Callable[[], processes.Child]
    foundation: bool = False
    once: bool = False
    child: processes.Child | None = None
    born: float = 0.0
    deaths: int = 0
    again_at: float = 0.0


class Supervisor:
    """Starts services in order, watches them, and stops them in reverse order."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.services: list[Service] = []
        self.stopping = Stopping()
        self._say = say

    def listen(self) -> None:
        """Let the signals that end a program end this one in good order."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())

    def add(
        self,
        name: str,
        start: Callable[[], processes.Child],
        *,
        foundation: bool = False,
        once: bool = False,
    ) -> Service:
        """Start a service; a foundation stops only when all others have stopped.

        What is to be done `once` is not started again when it ends.
        """
        service = Service(name, start, foundation, once)
        self.services.append(service)
        self._start(service)
        return service

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Keep everything running until told to stop, or until a condition holds."""
        while not self.stopping.wait(TICK):
            for service in list(self.services):
                self._look_after(service)
            if until():
                return

    def stop(self, within: float = STOP_WITHIN) -> None:
        """Stop everything in `within` seconds, foundations last."""
        until = time.monotonic() + within
        self._end(False, until - FOUNDATION_SHARE)
        self._end(True, until)

    def _end(self, foundation: bool, until: float) -> None:
        ending = [one.child for one in self.services if one.foundation == foundation and one.child]
        for child in reversed(ending):
            if child.poll() is None:
                child.terminate()
        for child in reversed(ending):
            processes.stop(child, until - time.monotonic())

    def _look_after(self, service: Service) -> None:
        now = time.monotonic()
        if service.child is None:
            if now >= service.again_at:
                self._try(service, now)
        elif (code := service.child.poll()) is not None and service.once:
            self.services.remove(service)
        elif code is not None:
            self._mourn(service, _reason(code), now)
        elif service.deaths and now - service.born > HEALTHY_AFTER:
            service.deaths = 0

    def _start(self, service: Service) -> None:
        service.child = service.start()
        service.born = time.monotonic()

    def _try(self, service: Service, now: float) -> None:
        try:
            self._start(service)
        except OSError as error:  # no memory or processes left; there may be later
            self._mourn(service, str(error), now)

    def _mourn(self, service: Service, reason: str, now: float) -> None:
        pause = min(FIRST_PAUSE * 2**service.deaths, LONGEST_PAUSE)
        service.child, service.deaths, service.again_at = None, service.deaths + 1, now + pause
        self._say(f"The {service.name} ended ({reason}); it starts again in {pause:g} s.")


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"
