"""`voronka run` as a process of its own, watched from outside."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

READY_WITHIN = 180.0  # seconds, on a machine that is busy with other things
STOPS_WITHIN = 15.0  # where it gives itself 4.5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Product:
    """One `voronka run` in a directory."""

    directory: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        environ = {name: value for name, value in os.environ.items() if "VORONKA" not in name}
        given = {"PORT": str(self.port), **self.settings}
        environ |= {f"VORONKA_{name}": value for name, value in given.items()}
        with self.file("out").open("wb") as out, self.file("err").open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "backend.cli", "run"],
                cwd=self.directory,
                env=environ,
                stdout=out,
                stderr=err,
            )

    def file(self, name: str) -> Path:
        return self.directory / f"{name}.txt"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def said(self) -> str:
        return self.file("err").read_text()

    def await_ready(self) -> float:
        """Wait for the line that says where it is; gives the seconds it took."""
        assert self.process is not None
        begun = time.monotonic()
        while "Voronka: http" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() - begun < READY_WITHIN, self.said()
            time.sleep(0.02)
        return time.monotonic() - begun

    def healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def children(self) -> dict[str, int]:
        """What it has started, by the last word of a name: queue, web, worker."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        found = {}
        for pid in map(int, listed):
            with contextlib.suppress(OSError):
                line = Path(f"/proc/{pid}/cmdline").read_bytes()
                for name, mark in MARKS.items():
                    if mark in line:
                        found[name] = pid
        return found

    def resident(self) -> float:
        """The memory of all its processes in MB, each with what it shares with others."""
        sizes = 0.0
        for pid in (self.pid, *self.children().values()):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            sizes += next(int(line.split()[1]) for line in lines if line.startswith("Rss:")) / 1024
        return sizes

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Ask it to end; gives the seconds it took."""
        assert self.process is not None
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(READY_WITHIN)
        return time.monotonic() - begun


def migrated(template: Path, directory: Path) -> None:
    """Lay a migrated database where the product keeps its own: a start has none to make then."""
    data = directory / "voronka-data"
    data.mkdir(mode=0o700)
    shutil.copy(template, data / "voronka.db")


MARKS = {"queue": b"valkey-server", "web": b"backend.commands.web", "worker": b"\0worker"}


@contextlib.contextmanager
def running(directory: Path, **settings: str) -> Iterator[Product]:
    """A product that is ready, and gone afterwards."""
    product = Product(directory, settings=settings)
    product.start()
    try:
        product.await_ready()
        yield product
    finally:
        if product.process is not None and product.process.poll() is None:
            product.stop()
