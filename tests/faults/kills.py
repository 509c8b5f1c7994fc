"""Ends processes in the middle of a sweep, and shows that it was the middle."""

import asyncio
import functools
import random
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import text

from backend.db.engines import Database
from tests.faults import renewals
from tests.faults.plant import Part, Plant, say

WITHIN = 60.0
LONGEST = 0.1  # seconds to the next look
LOOKS = 50
Catch = Callable[[Database], Awaitable[bool]]


@dataclass(frozen=True)
class Kill:
    """What a kill met: how much was done and left, and whether something was half done."""

    done: int
    left: int
    at_work: bool

    @property
    def landed(self) -> bool:
        return self.done > 0 and self.left > 0


async def in_the_middle(
    database: Database,
    start: Callable[[], Part],
    total: int,
    mark: int,
    chance: random.Random,
    caught: Catch | None = None,
) -> Kill:
    """Start a process that sweeps, and kill it once so many are done and before all are."""
    part = start()
    await reached(database, part, mark)
    met = await halted(database, part, chance, caught)
    done = await renewals.activated(database)
    part.kill()
    return Kill(done, total - done, met)


async def halted(
    database: Database, part: Part, chance: random.Random, caught: Catch | None = None
) -> bool:
    """Stop a process at random instants until it was at work at one; whether it was.

    `caught` tells what being at work is: by default, that a transaction is open.
    """
    for _ in range(LOOKS):
        await asyncio.sleep(chance.uniform(0, LONGEST))
        if not part.running():
            return False
        part.halt()
        if await (caught or in_transaction)(database):
            return True
        part.go_on()
    part.halt()
    return False


async def again_and_again(
    place: Plant,
    database: Database,
    total: int,
    times: int,
    seed: int,
    caught: Catch | None = None,
    among: tuple[int, int] | None = None,
) -> list[Kill]:
    """Kill workers and single sweeps by turns, spread over the work; what each kill met.

    `among` says how many blows came before, and how many there are in all.
    """
    chance = random.Random(seed)
    before, whole = among or (0, times)
    met = []
    for number in range(before, before + times):
        words = "sweep" if number % 2 else "worker"
        mark = total * (number + 1) // (whole + 2)
        start = functools.partial(place.start, words)
        met.append(await in_the_middle(database, start, total, mark, chance, caught))
    say(f"seed {seed}: {told(met)}")
    return met


async def reached(database: Database, part: Part, mark: int) -> None:
    """Wait until so many renewals are in work."""
    until = asyncio.get_running_loop().time() + WITHIN
    while await renewals.activated(database) < mark:
        assert part.running() or await renewals.activated(database) >= mark, part.words()
        assert asyncio.get_running_loop().time() < until, part.words()
        await asyncio.sleep(0.01)


async def in_transaction(database: Database) -> bool:
    """Whether somebody else has written and not yet committed."""
    if database.dialect == "sqlite":
        return _locked(str(database.engine.url.database))
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL"
    )
    async with database.read() as conn:
        return bool((await conn.execute(query)).scalar_one())


def _locked(file: str) -> bool:
    connection = sqlite3.connect(file, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


async def ended(part: Part, within: float = WITHIN) -> int:
    """Wait for a process to end by itself; its exit code."""
    until = asyncio.get_running_loop().time() + within
    while (code := part.child.poll()) is None:
        assert asyncio.get_running_loop().time() < until, part.words()
        await asyncio.sleep(0.02)
    return code


def told(kills: list[Kill]) -> str:
    """The kills in one line."""
    landed = sum(kill.landed for kill in kills)
    opened = sum(kill.at_work for kill in kills)
    at = ", ".join(str(kill.done) for kill in kills)
    return f"{len(kills)} kills after {at}: {landed} with work pending, {opened} amid one"
