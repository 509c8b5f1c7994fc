"""The product's own processes on one database and one queue, started and ended from outside."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from backend.embedded import processes
from tests.embedded.product import free_port
from tests.faults import nursery
from tests.faults.nursery import ROOT
from tests.launchers import postgres

SECRET = "0123456789abcdef0123456789abcdef"
WITHIN = 120.0
FEW = "too few "  # begins what says that a trial has not met what it was to meet
READY_WITHIN = 120.0  # seconds of a start on a machine that is busy with other things


def say(words: str) -> None:
    """Tell whoever looks on; a long trial shows how far it is."""
    print(words, flush=True)  # noqa: T201


def eventually(condition: Callable[[], bool], within: float = WITHIN, pause: float = 0.01) -> bool:
    """Look until a condition holds; False where it does not in time."""
    until = time.monotonic() + within
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(pause)
    return True


@dataclass
class Part:
    """One process of the product with what it said."""

    child: processes.Child | nursery.Forked
    said: Path
    port: int = 0

    def running(self) -> bool:
        return self.child.poll() is None

    def halt(self) -> None:
        """Stop it where it stands: whatever it was doing can be looked at."""
        os.kill(self.child.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.child.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.running():
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def words(self) -> str:
        return self.said.read_text()

    def await_ready(self) -> None:
        settled = eventually(lambda: self.answers() or not self.running(), READY_WITHIN)
        assert settled, self.words()
        assert self.running(), self.words()

    def children(self, mark: bytes) -> list[int]:
        """The processes it has started whose command line holds a mark."""
        listed = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text().split()
        return [int(pid) for pid in listed if mark in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def answers(self) -> bool:
        """Whether the server says that it is ready."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass
class Plant:
    """Starts parts of the product; all of them are gone at the end."""

    database: str
    queue: str
    directory: Path
    weak: str | None = None  # which weakness the processes are started with
    clock: str | None = None  # and which other clock
    server: postgres.Server | None = None
    parts: list[Part] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)  # more of them, without their prefix

    def start(self, *words: str, port: int | None = None) -> Part:
        """Start `voronka <words>`."""
        number = free_port() if port is None else port
        said = self.directory / f"part-{len(self.parts)}.txt"
        changes = ",".join(filter(None, (self.clock, self.weak)))
        with said.open("wb") as out:
            child = self._born(words, changes, self._environ(number), out)
        part = Part(child, said, number)
        self.parts.append(part)
        return part

    def _born(
        self, words: tuple[str, ...], changes: str, env: dict[str, str], out: IO[bytes]
    ) -> processes.Child | nursery.Forked:
        if words[0] in nursery.FORKED:
            return nursery.start(words, changes, env, self.directory, out)
        program = ["tests.faults.weak", changes] if changes else ["backend.cli"]
        argv = [sys.executable, "-m", *program, *words]
        return processes.start(
            argv, env=env, cwd=self.directory, stdout=out, stderr=subprocess.STDOUT
        )

    def serve(self, count: int = 1) -> list[Part]:
        """Web servers, each a process with a port of its own, ready to answer."""
        parts = [self.start("serve") for _ in range(count)]
        for part in parts:
            part.await_ready()
        return parts

    def _environ(self, port: int) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if "VORONKA" not in name}
        given = {
            "DATABASE_URL": self.database, "REDIS_URL": self.queue, "SECRET_KEY": SECRET,
            "DATA_DIR": str(self.directory / "data"), "PORT": str(port), "LOG_LEVEL": "warning",
            **self.settings,
        }  # fmt: skip
        return {
            **kept,
            **{f"VORONKA_{name}": value for name, value in given.items()},
            "PYTHONPATH": str(ROOT),
        }


@contextlib.contextmanager
def plant(database: str, queue: str, directory: Path, weak: str | None = None) -> Iterator[Plant]:
    """A place to start processes at."""
    place = Plant(database, queue, directory, weak)
    try:
        yield place
    finally:
        for part in place.parts:
            if part.running():
                part.kill()
