"""A queue of one test's own, that can be killed, emptied, stopped where it stands and come back."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import func, select

from backend.bus import STREAM
from backend.db.engines import Database
from backend.db.models import change, change_cursor
from backend.embedded import processes, valkey
from tests.launchers import places

BACK_WITHIN = 15.0  # seconds after which a worker is promised to be at work again
PATIENCE = 60.0  # seconds for which it is waited for: a machine may be busy


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


async def sent(database: Database) -> int:
    """The last event that is noted as relayed."""
    query = select(func.coalesce(func.max(change_cursor.c.seq), 0))
    async with database.read() as conn:
        return int((await conn.execute(query)).scalar_one())


async def unsent(database: Database) -> int:
    """How many events were not relayed yet."""
    query = select(func.count()).where(change.c.id > await sent(database))
    async with database.read() as conn:
        return int((await conn.execute(query)).scalar_one())


async def events(database: Database, after: int = 0) -> set[int]:
    """The numbers of all events, or of those after one of them."""
    async with database.read() as conn:
        return set((await conn.execute(select(change.c.id).where(change.c.id > after))).scalars())


async def relayed_all(database: Database, within: float = PATIENCE) -> float:
    """Wait until every event was relayed; the seconds it took."""
    begun = time.monotonic()
    while await unsent(database):
        assert time.monotonic() - begun < within
        await asyncio.sleep(0.02)
    return time.monotonic() - begun
