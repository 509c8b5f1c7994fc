"""Writers of the log, one of them slow, and a reader who stores nothing but the last number."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import func, select, text

from backend import clock
from backend.db.engines import Database
from backend.db.models import change
from backend.db.session import Unit, unit
from backend.domain.access import Viewer
from backend.domain.feed import queries
from backend.domain.feed.actions import announce
from backend.domain.users.queries import as_system

WRITERS = 8
PAGE = 50
HELD = 0.6  # seconds that the slow writer keeps his numbers for himself
BEGUN = text("SELECT pg_current_xact_id()")


@dataclass
class Following:
    """What the reader was told, in order, what he missed, and how much there was."""

    told: list[int] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)
    written: int = 0

    async def reached(self, last: int) -> None:
        for _ in iter(lambda: bool(self.told) and self.told[-1] >= last, True):
            await asyncio.sleep(0.01)


async def follow(database: Database, seconds: float, seed: int, least: int = 0) -> Following:
    """Let everybody work for some seconds, and until so much is written; what the reader missed."""
    viewer = await unit(database, clock.now, lambda tx: as_system(tx, "worker"))
    end = time.monotonic() + seconds
    found = Following()

    def goes_on() -> bool:
        return time.monotonic() < end or found.written < least

    reading = asyncio.create_task(_read(database, found))
    writers = [
        _write(database, viewer, n, found, goes_on, random.Random(seed + n)) for n in range(WRITERS)
    ]
    await asyncio.gather(*writers)
    async with database.read() as conn:
        every = set((await conn.execute(select(change.c.id))).scalars())
        last = (await conn.execute(select(func.max(change.c.id)))).scalar_one()
    async with asyncio.timeout(30):  # nobody writes any more
        await found.reached(last)
    reading.cancel()
    found.missed, found.written = sorted(every - set(found.told)), len(every)
    assert found.told == sorted(set(found.told))
    return found


async def _read(database: Database, found: Following) -> None:
    while True:
        async with database.read() as conn:
            last = found.told[-1] if found.told else 0
            rows = await queries.after(Unit(conn, clock.now()), last, PAGE)
        found.told += [row["id"] for row in rows]
        await asyncio.sleep(0.002)


async def _write(
    database: Database,
    viewer: Viewer,
    number: int,
    found: Following,
    goes_on: Callable[[], bool],
    dice: random.Random,
) -> None:
    """Transactions of a few entries; that of writer 0 is open for long, some are taken back."""
    written = number * 1_000_000
    while goes_on():
        entries = dice.randint(1, 4)

        async def work(tx: Unit, first: int = written, entries: int = entries) -> None:
            if tx.conn.dialect.name == "postgresql":  # as after any write
                await tx.run(BEGUN)
            for record_id in range(first + 1, first + entries + 1):
                await asyncio.sleep(dice.random() * 0.005)
                await announce(tx, viewer, "created", "client", record_id, 1, [])
                await tx.flush()  # each by itself, so that rivals' come between
            if number == 0 and tx.conn.dialect.name == "postgresql":
                await asyncio.sleep(HELD)
            if dice.random() < 0.1:
                raise LookupError

        with suppress(LookupError):
            await unit(database, clock.now, work)
            found.written += entries
        written += entries
        await asyncio.sleep(dice.random() * 0.01)


def naive() -> None:
    """A horizon at the last number that can be seen."""

    async def last(tx: Unit) -> int:
        return int(await tx.scalar(select(func.coalesce(func.max(change.c.id), 0))))

    queries.horizon = last
