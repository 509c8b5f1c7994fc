"""Migrations on a company of many deals: down and up again, with others at work meanwhile."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db import migrate
from backend.db.engines import open_database
from backend.db.revisions import known
from bench import load
from tests.db.committed import Layout, columns, within

FLOOR = "2026_11_22_1010"  # below it, what a company starts with comes and goes
LONGEST = 1.0  # seconds that anybody may have to wait for a table
MADE = {"reminder_rule"}  # steps put rows there, which come and go with them
Sums = dict[str, tuple[int, int]]
# What a company that has worked for a while has besides its cards.
LOGGED = """
    INSERT INTO change (at, type, kind, record_id, version, actor_kind, actor_id, channel, changes)
    SELECT created_at, 'deal.created', 'deal', id, version, 'user', owner_id, 'web', '[]' FROM card
    WHERE kind = 'deal'"""
WORK = (
    "SELECT count(*) FROM card WHERE stage_id = 901",
    "UPDATE card SET position = position WHERE id = 7",
    "UPDATE client SET phone = phone WHERE id = 7",
)


@dataclass
class Crowd:
    """Somebody who goes on working, and how long he had to wait at most."""

    waited: float = 0.0  # seconds
    done: int = 0


def fill(url: str, deals: int) -> None:
    """The measured company, and a log of it."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        load.into_sqlite(Path(str(where.database)), deals)
    else:
        directory = Path(str(where.query["host"]))
        asyncio.run(load.into_postgres(directory, str(where.database), deals))
    within(url, lambda connection: connection.execute(sa.text(LOGGED)))


def sums(url: str, layout: Layout) -> Sums:
    """How many rows each table has, and a sum of their hashes, whatever their order."""

    async def read(connection: AsyncConnection) -> Sums:
        found = {}
        for name, fields in layout.items():
            rows = await connection.execute(sa.table(name, *map(sa.column, fields)).select())
            count, total = 0, 0
            for row in rows:
                digest = hashlib.blake2b(str(tuple(row)).encode(), digest_size=8).digest()
                count, total = count + 1, (total + int.from_bytes(digest, "big")) % 2**64
            found[name] = (count, total)
        return found

    return within(url, read)


def kept(url: str) -> dict[str, Layout]:
    """For each revision, the columns that are there before and after it."""
    layouts: dict[str, Layout] = {}
    for revision in known():
        migrate.upgrade(url, revision)
        layouts[revision] = within(url, lambda connection: connection.run_sync(columns))
    return {
        high: {
            name: [column for column in fields if column in layouts[low][name]]
            for name, fields in layouts[high].items()
            if name in layouts[low] and name not in MADE
        }
        for low, high in pairwise(known())
    }


@contextmanager
def others(url: str) -> Iterator[Crowd]:
    """Somebody reads and writes as long as this lasts (SQLite has one writer: nobody there)."""
    crowd, over = Crowd(), threading.Event()

    async def work() -> None:
        database = open_database(url)
        while not over.is_set():
            begun = time.monotonic()
            async with database.write() as connection:
                await connection.execute(sa.text(WORK[crowd.done % len(WORK)]))
            crowd.waited = max(crowd.waited, time.monotonic() - begun)
            crowd.done += 1
        await database.dispose()

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    if not url.startswith("postgresql"):
        yield crowd
        return
    thread.start()
    try:
        yield crowd
    finally:
        over.set()
        thread.join()


def down_and_up(url: str, layouts: dict[str, Layout]) -> Iterator[tuple[str, list[str]]]:
    """Each step above the floor, newest first: what was seen, and what is wrong with it."""
    steps = [(low, high) for low, high in pairwise(known()) if low >= FLOOR]
    for low, high in reversed(steps):
        before, told, wrong = sums(url, layouts[high]), [high], []
        for word, step, goal in (
            ("down", migrate.downgrade, low),
            ("up", migrate.upgrade, high),
            ("down again", migrate.downgrade, low),
        ):
            with others(url) as crowd:
                begun = time.monotonic()
                step(url, goal)
                told.append(f"{word} {time.monotonic() - begun:.1f} s")
            if crowd.waited > LONGEST:
                wrong.append(f"{high} {word}: somebody waited {crowd.waited:.1f} s")
            if crowd.done:
                told[-1] += f" (others did {crowd.done}, waited {crowd.waited:.2f} s at most)"
            after = sums(url, layouts[high])
            wrong += [
                f"{high} {word}: {name} had {rows} and has {after[name]}"
                for name, rows in before.items()
                if after[name] != rows
            ]
        yield ", ".join(told), wrong
