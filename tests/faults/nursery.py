"""Processes of the product forked from one that has imported it already: a start costs no imports.

They are processes like any other, with a session, an environment and an end of their own; only the
interpreter's start and the imports are not paid again for each.
"""

import atexit
import contextlib
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from backend import cli
from backend.commands import shared
from backend.embedded import processes
from tests.faults import weak

ROOT = Path(__file__).parents[2]
# What the commands of FORKED import; everything else is started like anywhere.
READY = (
    "backend.commands.importing", "backend.commands.serve", "backend.commands.sweep",
    "backend.commands.worker", "backend.app", "aiosqlite", "asyncpg",
    "sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.dialects.sqlite.aiosqlite",
    "uvicorn.lifespan.on", "uvicorn.loops.auto", "uvicorn.protocols.http.auto",
)  # fmt: skip
FORKED = {"import", "serve", "sweep", "worker"} if sys.platform == "linux" else set()
LARGEST = 1 << 17  # bytes of a wish: the environment, above all
NUMBER = 8  # bytes of a process id or an exit code


@dataclass
class Forked:
    """A process of the nursery's, as if it were our own child; `channel` tells its exit code."""

    pid: int
    channel: socket.socket
    code: int | None = None

    def poll(self) -> int | None:
        return self._end(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._end(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _end(self, within: float | None) -> int | None:
        if self.code is None:
            self.channel.settimeout(within)
            try:
                told = self.channel.recv(NUMBER)
            except (BlockingIOError, TimeoutError):
                return None
            # Where the nursery is gone, so are its children.
            self.code = int(told) if told else -signal.SIGKILL
            self.channel.close()
        return self.code


@cache
def _nursery() -> socket.socket:
    """The one nursery of this process; it ends with us."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        child = processes.start(
            [sys.executable, "-m", "tests.faults.nursery", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    atexit.register(ours.close)
    atexit.register(processes.kill, child)
    return ours


def start(
    words: Sequence[str], changes: str, env: Mapping[str, str], cwd: Path, out: IO[bytes]
) -> Forked:
    """Start `voronka <words>`, changed from outside as `tests.faults.weak` does it."""
    ours, theirs = socket.socketpair()
    wish = json.dumps({"words": words, "changes": changes, "env": env, "cwd": str(cwd)})
    with theirs:
        socket.send_fds(_nursery(), [wish.encode()], [out.fileno(), theirs.fileno()])
    return Forked(int(ours.recv(NUMBER)), ours)


@dataclass
class _Born:
    """A child of the nursery; `watch` can be read once it has ended."""

    pid: int
    watch: int
    channel: socket.socket

    def tell_end(self) -> None:
        os.close(self.watch)
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        with self.channel, contextlib.suppress(BrokenPipeError):  # somebody may be interested
            self.channel.send(b"%-8d" % code)


def _await_births(asked: socket.socket) -> dict[str, Any] | None:
    """Fork a child for each wish and tell its end; its wish in a child, None when all is over."""
    with selectors.DefaultSelector() as looking:
        looking.register(asked, selectors.EVENT_READ)
        while True:
            for key, _ in looking.select():
                if key.data is not None:
                    looking.unregister(key.fd)
                    key.data.tell_end()
                    continue
                said, handed, _, _ = socket.recv_fds(asked, LARGEST, 2)
                if not said:
                    return None
                born = _fork(*handed)
                if born is None:
                    wish: dict[str, Any] = json.loads(said)
                    return wish
                looking.register(born.watch, selectors.EVENT_READ, born)


def _fork(out: int, channel: int) -> _Born | None:
    """A child, or None in the child: by then a process of its own with a file to speak into."""
    tie, answering = processes.tie_to(os.getpid(), signal.SIGTERM), socket.socket(fileno=channel)
    watch, held = os.pipe()
    pid = os.fork()
    if pid:
        os.close(out)
        os.close(held)
        return _Born(pid, watch, answering)
    os.close(watch)  # the other end is held to the last
    os.setsid()
    tie()
    for stream in (1, 2):
        os.dup2(out, stream)
    os.close(out)
    with answering:
        answering.send(b"%-8d" % os.getpid())
    return None


def _live(wish: dict[str, Any]) -> None:
    """Be the process that was wished for."""
    os.environ.clear()
    os.environ.update(wish["env"])
    os.chdir(wish["cwd"])
    sys.argv = ["voronka", *wish["words"]]
    weak.change(wish["changes"])
    cli.main()


def main() -> None:
    with shared.importing():
        for name in READY:
            importlib.import_module(name)
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        wish = _await_births(asked)
    if wish is not None:
        _live(wish)


if __name__ == "__main__":
    main()
