"""A long log, sealed and looked over from end to end; then one entry is altered past the guards."""

import time
from dataclasses import dataclass

from sqlalchemy import text

from backend import clock
from backend.db.engines import Database
from backend.db.session import Unit, unit
from backend.domain.changes.seals import actions, queries
from tests.changes.forging import past_the_guard

LONGEST = 60.0  # seconds to look over a million entries
MILLION = 1_000_000
ENTRY = """
    SELECT '2026-03-10 09:00:00.000000', 'deal.updated', 'deal', number, 1, 'worker', 'worker',
        '[{"field": "title", "before": "Серверы", "after": "Servers"}]'"""
COLUMNS = "at, type, kind, record_id, version, actor_kind, channel, changes"
NUMBERS = {
    "postgresql": "FROM generate_series(1, {}) AS number",
    "sqlite": "FROM (WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n"
    " WHERE number < {}) SELECT number FROM n)",
}
# PostgreSQL is told the types of what SQLite keeps as texts.
TYPED = (("'2026-03-10 09:00:00.000000'", "'2026-03-10 09:00:00Z'::timestamptz"),
         ("]'", "]'::json"))  # fmt: skip


@dataclass
class Seen:
    """How long sealing and looking over took, and what was found before and after the forgery."""

    sealing: float
    looking: float
    busy: float  # of looking: what this process had the processor for
    whole: queries.Report
    forged: queries.Report


async def _fill(database: Database, rows: int) -> None:
    entry = ENTRY
    if database.dialect == "postgresql":
        for plain, typed in TYPED:
            entry = entry.replace(plain, typed)
    numbers = NUMBERS[database.dialect].format(rows)
    async with database.write() as conn:
        await conn.exec_driver_sql(f"INSERT INTO change ({COLUMNS}) {entry} {numbers}")


async def _seal(database: Database) -> None:
    async def work(tx: Unit) -> bool:
        batch = await queries.next_batch(tx)
        return batch is not None and await actions.seal(tx, batch)

    while await unit(database, clock.now, work):
        pass


async def _look(database: Database) -> queries.Report:
    async with database.read() as conn:
        return await queries.verified(Unit(conn, clock.now()))


async def seen(database: Database, rows: int) -> Seen:
    """Write, seal, look; alter the entry in the middle; look again."""
    await _fill(database, rows)
    begun = time.monotonic()
    await _seal(database)
    sealed = time.monotonic()
    busy = time.process_time()
    whole = await _look(database)
    looked, busy = time.monotonic(), time.process_time() - busy
    async with database.write() as conn:
        number = (await conn.execute(text("SELECT min(id) FROM change"))).scalar_one() + rows // 2
        forgery = f"UPDATE change SET version = 2 WHERE id = {number}"  # noqa: S608 - a number
        await past_the_guard(conn, forgery)
    return Seen(sealed - begun, looked - sealed, busy, whole, await _look(database))


def amiss(found: Seen, rows: int) -> list[str]:
    """What is not as it should be."""
    wrong = []
    if (found.whole.rows, found.whole.unsealed, found.whole.wrong) != (rows, 0, None):
        wrong.append(f"of {rows} entries: {found.whole}")
    if found.looking > LONGEST * max(rows / MILLION, 0.1):
        wrong.append(f"looking over {rows} entries took {found.looking:.1f} s")
    if "was altered" not in str(found.forged.wrong):
        wrong.append(f"a forgery was not found: {found.forged}")
    return wrong
