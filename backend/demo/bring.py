"""Bringing the demo into the product's database: made apart, then all of it in one transaction."""

import asyncio
import tempfile
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db import carry_over, migrate
from backend.db.engines import Database, open_database
from backend.db.session import Unit
from backend.demo import make
from backend.domain.feed.actions import forward
from backend.domain.feed.queries import cursor
from backend.errors import Conflict, DomainError

TRIES = 3
RELAY = "relay"
# Sweeps that the running product may make meanwhile.
ROOM = {"app_user": 0, "sweep_run": 1000}


class Brought(Struct, frozen=True):
    """What came in: cards by kind and state, other records by name, rows in all."""

    cards: dict[str, dict[str, int]]
    records: dict[str, int]
    rows: int


async def bring(
    target: Database, now: datetime, *, share: float = 1.0, untouched: bool = False
) -> Brought:
    """Make the demo as of an instant and bring it in; Conflict where there are records already.

    `untouched` also refuses where somebody has begun to set up a company of his own. Whoever is
    interrupted leaves nothing behind: it is made in a file of its own, and carried over at once.
    """
    async with target.read() as conn:
        await _demand_empty(conn, untouched)
        first = await carry_over.numbers(conn)
    beyond = {name: number + ROOM[name] for name, number in first.items()}
    with tempfile.TemporaryDirectory(prefix="voronka-demo-") as place:
        url = f"sqlite+aiosqlite:///{Path(place, 'demo.db')}"
        await asyncio.to_thread(migrate.upgrade, url)
        draft = open_database(url, alone=True)
        try:
            async with target.read() as conn, draft.write() as source:
                await carry_over.begin_like(source, conn, beyond)
            await _played(draft, now, share)
            async with draft.read() as source, target.write() as conn:
                return await _carry(source, Unit(conn, now), beyond, untouched)
        finally:
            await draft.dispose()


async def _played(draft: Database, now: datetime, share: float) -> None:
    """Play it; where chance has led to something that a rule refuses, with another chance."""
    for seed in range(make.SEED, make.SEED + TRIES):
        try:
            await make.play(draft, now, share, seed)
        except DomainError:
            if seed == make.SEED + TRIES - 1:
                raise
        else:
            return


async def _demand_empty(conn: AsyncConnection, untouched: bool) -> None:
    held = await carry_over.holds(conn)
    if held:
        told = ", ".join(f"{name} {number}" for name, number in held.items())
        raise Conflict(
            f"This database holds records already ({told}), and the demo comes only into an empty"
            " one: set VORONKA_DATA_DIR to a new directory and begin there"
        )
    if untouched and await carry_over.touched(conn):
        raise Conflict("Somebody has begun to set this up, so the demo stays away")


async def _carry(
    source: AsyncConnection, tx: Unit, beyond: dict[str, int], untouched: bool
) -> Brought:
    await _demand_empty(tx.conn, untouched)
    present = await carry_over.numbers(tx.conn)
    if any(present[name] > number for name, number in beyond.items()):
        raise Conflict("Somebody was made a user meanwhile; run the command again")
    if await carry_over.shape(source) != await carry_over.shape(tx.conn):
        raise Conflict(
            "The pipelines of this database are not those of the start any more, and the demo is"
            " made for those: set VORONKA_DATA_DIR to a new directory and begin there"
        )
    # On SQLite nobody else writes, so everything up to here is known to have been told.
    told = await carry_over.newest(tx.conn)
    quiet = tx.conn.dialect.name == "sqlite" and await cursor(tx, RELAY) >= told
    rows = await carry_over.carry(source, tx.conn, beyond)
    if quiet:
        await forward(tx, RELAY, await carry_over.newest(tx.conn))
    return Brought(await carry_over.counted(tx.conn), await carry_over.holds(tx.conn), rows)
