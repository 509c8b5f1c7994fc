"""Ends processes in the middle of a sweep, and shows that it was the middle."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from backend.db.engines import Database
from tests.faults import renewals
from tests.faults.plant import Part, Plant, say

WITHIN = 180.0  # seconds that a part may take on a machine that is busy with other things
LONG = 1200.0  # seconds that a whole sweep may take there
LONGEST = 0.1  # seconds to the next look
LOOKS = 50
Catch = Callable[[Database], Awaitable[int]]


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
    start: Callable[[], list[Part]],
    total: int,
    mark: int,
    chance: random.Random,
    caught: Catch | None = None,
) -> list[Kill]:
    """Start processes that sweep, and kill them once so many are done and before all are."""
    parts = start()
    await reached(database, parts[0], mark)
    met = await halted(database, parts, chance, caught)
    done = await renewals.activated(database)
    for part in parts:
        part.kill()
    return [Kill(done, total - done, number < met) for number in range(len(parts))]


async def halted(
    database: Database, parts: Sequence[Part], chance: random.Random, caught: Catch | None = None
) -> int:
    """Stop processes at random instants until some were at work at one; how many were.

    `caught` tells how many are at work: by default, how many transactions are open.
    """
    for _ in range(LOOKS):
        await asyncio.sleep(chance.uniform(0, LONGEST))
        if not all(part.running() for part in parts):
            return 0
        for part in parts:
            part.halt()
        if met := await (caught or in_transaction)(database):
            return met
        for part in parts:
            part.go_on()
    for part in parts:
        part.halt()
    return 0


async def again_and_again(
    place: Plant,
    database: Database,
    total: int,
    times: int,
    seed: int,
    caught: Catch | None = None,
    among: tuple[int, int] | None = None,
    at_once: int = 1,
) -> list[Kill]:
    """Kill workers and single sweeps by turns, spread over the work; what each kill met.

    `among` says how many blows came before, and how many there are in all; `at_once` is how many
    processes are at work together and fall together.
    """
    chance = random.Random(seed)
    before, whole = among or (0, times)
    met: list[Kill] = []
    while len(met) < times:
        number = before + len(met)
        words = ("sweep", "worker") if number // at_once % 2 else ("worker", "sweep")
        mark = total * (number + 1) // (whole + 2)

        def start(words: Sequence[str] = words[: min(at_once, times - len(met))]) -> list[Part]:
            return [place.start(word) for word in words]

        met += await in_the_middle(database, start, total, mark, chance, caught)
    say(f"seed {seed}: {told(met)}")
    return met


async def reached(database: Database, part: Part, mark: int) -> None:
    """Wait until so many renewals are in work."""
    until = asyncio.get_running_loop().time() + WITHIN
    while await renewals.activated(database) < mark:
        assert part.running() or await renewals.activated(database) >= mark, part.words()
        assert asyncio.get_running_loop().time() < until, part.words()
        await asyncio.sleep(0.02)


async def in_transaction(database: Database) -> int:
    """How many others have written and not yet committed."""
    if database.dialect == "sqlite":
        return _locked(str(database.engine.url.database))
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL"
        " AND backend_type = 'client backend'"
    )
    async with database.read() as conn:
        return int((await conn.execute(query)).scalar_one())


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


async def until(condition: Callable[[], Awaitable[bool]], part: Part | None = None) -> None:
    """Wait for something that a process is to bring about."""
    begun = time.monotonic()
    while not await condition():
        assert part is None or part.running(), part.words()
        assert time.monotonic() - begun < LONG
        await asyncio.sleep(0.05)


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
