"""A queue of one test's own, that can be killed, emptied, stopped where it stands and come back."""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis

from backend.bus import STREAM
from backend.embedded import processes, valkey
from tests.launchers import places


@dataclass
class Queue:
    """A private Valkey and its socket."""

    directory: Path
    socket: Path
    child: processes.Child

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def kill(self) -> None:
        processes.kill(self.child)

    def start(self) -> None:
        """Start it again on what its journal kept."""
        self.child = valkey.start(self.directory, self.socket)
        valkey.wait(self.child, self.directory, self.socket)

    def halt(self) -> None:
        """Stop it where it stands: it takes connections and says nothing."""
        os.kill(self.child.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.child.pid, signal.SIGCONT)

    def flush(self) -> None:
        with self._client() as client:
            client.flushall()

    def relayed(self) -> set[int]:
        """The events that stand in its stream."""
        with self._client() as client:
            entries: Any = client.xrange(STREAM)
        return {int(fields[b"seq"]) for _, fields in entries}

    def _client(self) -> Redis:
        return Redis(unix_socket_path=str(self.socket))

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
            except OSError:
                return False
        return True


@contextlib.contextmanager
def queue() -> Iterator[Queue]:
    """A fresh, empty queue."""
    root = Path(tempfile.mkdtemp(prefix="vvk", dir=places.quick()))
    directory, address = root / "queue", root / "valkey.sock"
    found = Queue(directory, address, valkey.start(directory, address))
    try:
        valkey.wait(found.child, directory, address)
        yield found
    finally:
        processes.kill(found.child)
        shutil.rmtree(root, ignore_errors=True)
