"""Keeps services running: what dies is started again, ever later while it keeps dying."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from backend.embedded import processes

TICK = 0.1
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 30.0  # seconds of life after which earlier deaths are forgotten
STOP_WITHIN = 4.5
LAST_RESERVE = 1.0  # what those who stop last are left of it


@dataclass
class Service:
    """One child, how to start it, and how it fared."""

    name: str
    start: Callable[[], processes.Child]
    child: processes.Child | None = None
    born: float = 0.0
    deaths: int = 0
    again_at: float = 0.0


class Supervisor:
    """Starts services in order, watches them, and stops them in reverse order."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.services: list[Service] = []
        self.stopping = threading.Event()
        self._say = say

    def listen(self) -> None:
        """Let the signals that end a program end this one in good order."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())

    def add(self, name: str, start: Callable[[], processes.Child]) -> Service:
        service = Service(name, start)
        self.services.append(service)
        self._start(service)
        return service

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Keep everything running until told to stop, or until a condition holds."""
        while not self.stopping.wait(TICK):
            for service in self.services:
                self._look_after(service)
            if until():
                return

    def stop(self) -> None:
        """Stop everything within `STOP_WITHIN` seconds: first the last started."""
        until = time.monotonic() + STOP_WITHIN
        running = [service.child for service in self.services if service.child is not None]
        first, last = running[:1], running[1:]
        for child in reversed(last):
            if child.poll() is None:
                child.terminate()
        for child in reversed(last):
            processes.stop(child, until - LAST_RESERVE - time.monotonic())
        for child in first:
            processes.stop(child, until - time.monotonic())

    def _look_after(self, service: Service) -> None:
        now = time.monotonic()
        if service.child is None:
            if now >= service.again_at:
                self._start(service)
        elif (code := service.child.poll()) is not None:
            self._mourn(service, code, now)
        elif service.deaths and now - service.born > HEALTHY_AFTER:
            service.deaths = 0

    def _start(self, service: Service) -> None:
        service.child = service.start()
        service.born = time.monotonic()

    def _mourn(self, service: Service, code: int, now: float) -> None:
        pause = min(FIRST_PAUSE * 2**service.deaths, LONGEST_PAUSE)
        service.child, service.deaths, service.again_at = None, service.deaths + 1, now + pause
        self._say(f"The {service.name} ended ({_reason(code)}); it starts again in {pause:g} s.")


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"
