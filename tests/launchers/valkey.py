"""A Valkey of the tests' own, started exactly as the product starts its private one."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.embedded import processes, valkey
from tests.launchers import places


@dataclass(frozen=True)
class Server:
    """A running server and the socket it listens on."""

    directory: Path
    socket: Path
    child: processes.Child

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A fresh, empty server."""
    root = Path(tempfile.mkdtemp(prefix="vvk", dir=places.quick()))
    directory, socket = root / "queue", root / "valkey.sock"
    try:
        child = valkey.start(directory, socket)
        try:
            valkey.wait(child, directory, socket)
            yield Server(directory, socket, child)
        finally:
            processes.stop(child, 5)
    finally:
        shutil.rmtree(root, ignore_errors=True)
