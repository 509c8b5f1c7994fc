"""Migrations killed amid a step, on a company that has rows: none leaves half of itself behind."""

import asyncio
import random
from argparse import Namespace
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db import migrate
from backend.db.engines import Database
from backend.db.revisions import known
from tests.db.committed import built_as, layout, within
from tests.faults import kills, steps
from tests.faults.plant import Part, Plant, say
from tests.office import Office

LOWEST = "2026_11_22_1310"  # the way down ends here: above it there is a log of what was written
ANEW = {"reminder_rule": "id"}  # rows that a step up makes have other numbers each time
AT = sa.text("SELECT version_num FROM alembic_version")
WITHIN = 1200.0  # seconds of a way on a machine that is busy with other things
BLOWS = 5  # at most for one kill that meets a step
UNSOUND = {
    "sqlite": (
        "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        "SELECT * FROM pragma_foreign_key_check",
    ),
    "postgresql": (
        "SELECT conname FROM pg_constraint WHERE NOT convalidated",
        "SELECT CAST(indexrelid AS text) FROM pg_index WHERE NOT indisvalid",
    ),
}


@dataclass(frozen=True)
class State:
    """What a database holds at a revision: how its tables are built, and what stands in them."""

    built: set[str]
    sums: steps.Sums


@dataclass(frozen=True)
class Blow:
    """A kill: the revision that was being left and the one that was to come; what it met."""

    between: tuple[str, str]
    amid: bool
    failed: str  # what the process said that had failed before

    def __str__(self) -> str:
        return " → ".join(name.removeprefix("2026_11_22_") for name in self.between)


async def trial(given: Namespace, office: Office, place: Plant) -> list[str]:
    """`voronka migrate`, up or down, killed until so many kills have met a step."""
    await asyncio.to_thread(steps.fill, place.database, given.deals)
    whole = await asyncio.to_thread(states, place.database)
    chance, wrong = random.Random(given.seed), list[str]()
    blows, met = 0, Counter[str]()
    while met.total() < given.kills and blows < BLOWS * given.kills and not wrong:
        done = await blow(office.database, place, chance)
        blows, met[str(done)] = blows + 1, met[str(done)] + done.amid
        await until(lambda: left(office.database))
        wrong = await asyncio.to_thread(amiss, place.database, whole, done)
    say(f"{blows} kills, {met.total()} of them amid a step: {dict(+met)}")
    if met.total() < given.kills:
        wrong.append("too few kills met a step")
    return wrong or await asyncio.to_thread(run_out, place.database, whole)


def states(url: str) -> dict[str, State]:
    """The database at each revision, on a way down and up that nobody disturbs."""
    migrate.downgrade(url, LOWEST)
    found = {LOWEST: state(url)}
    for step in migrate.pending(url):
        migrate.upgrade(url, step)
        found[step] = state(url)
    return found


def state(url: str) -> State:
    columns = {
        table: [name for name in names if name != ANEW.get(table)]
        for table, names in layout(url).items()
    }
    return State(within(url, built_as), steps.sums(url, columns))


async def blow(database: Database, place: Plant, chance: random.Random) -> Blow:
    """Let it go to some revision ahead, and kill it at a random instant beyond."""
    at = await revision(database)
    up, down = [one for one in known() if one >= at], [one for one in known() if one <= at]
    down = [one for one in reversed(down) if one >= LOWEST]
    way = chance.choice([one for one in (up, down) if len(one) > 1])
    part = place.start("migrate", *(["--down-to", LOWEST] if way is down else []))
    goals = way[chance.randrange(len(way) - 1) :]
    await until(lambda: reached(database, part, goals))
    amid = await kills.halted(database, [part], chance) > 0
    code, at = part.child.poll(), await revision(database)
    part.kill()
    following = way[min(way.index(at) + 1, len(way) - 1)]
    return Blow((at, following), amid, part.words() if code else "")


async def revision(database: Database) -> str:
    async with database.read() as connection:
        return str((await connection.execute(AT)).scalar_one())


async def reached(database: Database, part: Part, goals: list[str]) -> bool:
    """Whether it has come so far, or has ended."""
    return not part.running() or await revision(database) in goals


async def left(database: Database) -> bool:
    """Whether PostgreSQL has heard of the end, too, and has taken back what was begun."""
    return not await kills.in_transaction(database)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WITHIN):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.01)


def amiss(url: str, whole: dict[str, State], done: Blow) -> list[str]:
    """What is not as it was at the revision that the database stands at."""
    at = str(migrate.current(url))
    if done.failed or at not in done.between:
        return [f"{done} ended at {at}: {done.failed}"]
    now, then = state(url), whole[at]
    wrong = [f"{done} at {at}: {line}" for line in sorted(now.built ^ then.built)]
    wrong += [
        f"{done} at {at}: {name} had {then.sums.get(name)} and has {now.sums.get(name)}"
        for name in sorted(then.sums.keys() | now.sums.keys())
        if then.sums.get(name) != now.sums.get(name)
    ]
    return wrong + [f"{done} at {at}: {line}" for line in within(url, unsound)]


async def unsound(connection: AsyncConnection) -> list[str]:
    """What the database itself says is broken in it."""
    found = []
    for query in UNSOUND[connection.dialect.name]:
        rows = await connection.execute(sa.text(query))
        found += [f"{query}: {tuple(row)}" for row in rows]
    return found


def run_out(url: str, whole: dict[str, State]) -> list[str]:
    """What is wrong after a last run that nobody disturbs."""
    migrate.upgrade(url)
    newest = migrate.head()
    return amiss(url, whole, Blow((newest, newest), amid=False, failed=""))
