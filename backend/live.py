"""The change log as it grows, told to whoever listens in this process.

The queue only wakes: what is told is read from the log itself, so that nothing is lost when the
queue is away, only late; and no listener holds a connection to the database.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from backend.db.engines import Database
from backend.db.session import Unit
from backend.domain.feed import queries
from backend.domain.tasks.steps import queries as tasks

log = logging.getLogger(__name__)

BATCH = 200
DEAF_AFTER = 500  # entries that a listener may be behind
Wake = Callable[[], Awaitable[None]]


class Entry(NamedTuple):
    """What is told of a line of the log; `version` 0 = not the record itself was written."""

    seq: int
    kind: str
    record_id: int
    version: int


async def after(tx: Unit, seq: int, limit: int) -> list[Entry]:
    """The log beyond a number, as boards hear it: what is done to a task happens to its card."""
    found = await queries.after(tx, seq, limit)
    about = await tasks.cards_of(tx, [row["record_id"] for row in found if row["kind"] == "task"])
    return [
        Entry(row["id"], *about[row["record_id"]], 0)
        if row["kind"] == "task" and row["record_id"] in about
        else Entry(row["id"], row["kind"], row["record_id"], row["version"])
        for row in found
    ]


class Listener:
    """One who listens: entries in order; None once he was told more than he could take."""

    def __init__(self) -> None:
        self._entries: asyncio.Queue[Entry | None] = asyncio.Queue()

    def tell(self, entry: Entry) -> None:
        if self._entries.qsize() < DEAF_AFTER:
            self._entries.put_nowait(entry)
        elif self._entries.qsize() == DEAF_AFTER:
            self._entries.put_nowait(None)

    async def hear(self, within: float) -> list[Entry | None]:
        """What was told, as soon as there is anything; nothing after that many seconds."""
        try:
            found = [await asyncio.wait_for(self._entries.get(), within)]
        except TimeoutError:
            return []
        while not self._entries.empty():
            found.append(self._entries.get_nowait())
        return found


class Live:
    """Follows the log while anybody listens: one reader for all of them."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()

    @contextmanager
    def listening(
        self, database: Database, now: Callable[[], datetime], wake: Wake
    ) -> Iterator[Listener]:
        """Somebody who is told of everything that is logged from now on."""
        listener = Listener()
        self._listeners.add(listener)
        if self._task is None or self._task.done():
            self._begun.clear()
            self._task = asyncio.create_task(self._follow(database, now, wake))
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def begun(self) -> None:
        """Wait until whatever is logged will be told: what came before can be read then."""
        await self._begun.wait()

    async def _follow(self, database: Database, now: Callable[[], datetime], wake: Wake) -> None:
        seq: int | None = None
        while self._listeners:
            found: list[Entry] = []
            try:
                async with database.read() as connection:
                    tx = Unit(connection, now())
                    if seq is None:
                        seq = await queries.horizon(tx)
                        self._begun.set()
                    found = await after(tx, seq, BATCH)
            except (SQLAlchemyError, OSError) as error:
                log.warning("the change log cannot be read: %s", type(error).__name__)
            for entry in found:
                seq = entry.seq
                for listener in self._listeners:
                    listener.tell(entry)
            if len(found) < BATCH:
                await wake()

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
