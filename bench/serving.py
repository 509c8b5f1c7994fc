"""Two server processes on one socket, as production has them, and the CPU they use."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.embedded import listening, processes

WORKERS = 2
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Servers:
    """Server processes that share a port."""

    port: int
    pids: tuple[int, ...]

    def cpu(self) -> float:
        """The seconds of CPU they have used so far."""
        return sum(seconds(pid) for pid in self.pids)


def seconds(pid: int) -> float:
    """The CPU that a process has used, its dead children's too."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(told[place]) for place in (11, 12, 13, 14)) / TICKS


def descendants(pid: int) -> float:
    """The CPU that a process and its living children have used."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    with contextlib.suppress(OSError):
        return seconds(pid) + sum(seconds(int(child)) for child in children)
    return descendants(pid)


@contextlib.contextmanager
def product(database: str, queue: str, directory: Path) -> Iterator[Servers]:
    """The product's own web processes."""
    given = {
        "DATABASE_URL": database, "REDIS_URL": queue, "SECRET_KEY": "0" * 64,
        "LOG_LEVEL": "error", "DATA_DIR": str(directory / "data"),
    }  # fmt: skip
    environ = {name: value for name, value in os.environ.items() if "VORONKA" not in name}
    environ |= {f"VORONKA_{name}": value for name, value in given.items()}
    with _several(["-m", "backend.commands.web"], ["5"], environ) as servers:
        yield servers


@contextlib.contextmanager
def bare(dialect: str, where: str) -> Iterator[Servers]:
    """The bare routes over the same data."""
    with _several(["-m", "bench.bare"], [dialect, where], dict(os.environ)) as servers:
        yield servers


@contextlib.contextmanager
def _several(program: list[str], words: list[str], environ: dict[str, str]) -> Iterator[Servers]:
    with listening.opened("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        argv = [sys.executable, *program, str(listener.fileno()), *words]
        children = [
            processes.start(
                argv, pass_fds=(listener.fileno(),), env=environ, stderr=subprocess.DEVNULL
            )
            for _ in range(WORKERS)
        ]
        try:
            _answering(port, children)
            yield Servers(port, tuple(child.pid for child in children))
        finally:
            for child in children:
                processes.stop(child, 6)


def _answering(port: int, children: Sequence[processes.Child]) -> None:
    """Wait for the first answer, and a little for the second process."""
    until = time.monotonic() + 30
    while time.monotonic() < until and all(child.poll() is None for child in children):
        with socket.create_connection(("127.0.0.1", port), 1) as probe:
            probe.sendall(b"GET /nothing HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            with contextlib.suppress(TimeoutError):
                if probe.recv(12):
                    time.sleep(1.0)
                    return
    raise RuntimeError("the servers do not answer")
