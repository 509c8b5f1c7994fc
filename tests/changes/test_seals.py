"""The log cannot be rewritten, and where somebody does it all the same, the seals name the row."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.models import change, change_seal
from backend.db.session import Unit
from backend.domain.changes.seals import actions, queries
from backend.domain.changes.seals.queries import Report
from tests.changes.forging import past_the_guard
from tests.held import HeldDatabase

pytestmark = pytest.mark.anyio
AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
ROWS = (1, 2, 3, 5, 6, 7, 9)  # what was taken back leaves gaps


def row(number: int, **other: Any) -> dict[str, Any]:
    changed = [{"field": "title", "before": "Серверы", "after": 'a "b" \u2028'}]
    return {
        "id": number, "at": AT, "type": "deal.updated", "kind": "deal", "record_id": 4,
        "version": number, "actor_kind": "worker", "channel": "worker", "changes": changed, **other,
    }  # fmt: skip


async def written(conn: AsyncConnection, number: int) -> None:
    await conn.execute(insert(change), row(number))
    if conn.dialect.name == "postgresql":
        await conn.execute(text("SELECT setval('change_id_seq', max(id)) FROM change"))


async def sealed(conn: AsyncConnection, *numbers: int) -> None:
    for number in numbers:
        await written(conn, number)
    batch = await queries.next_batch(Unit(conn, AT))
    assert batch is not None
    assert await actions.seal(Unit(conn, AT), batch)


async def report(conn: AsyncConnection, noted: str | None = None) -> Report:
    return await queries.verified(Unit(conn, AT), noted)


@pytest.fixture
async def conn(database: HeldDatabase) -> Any:
    async with database.write() as connection:
        await sealed(connection, *ROWS[:4])
        await sealed(connection, *ROWS[4:])
        yield connection


COPY = (
    "INSERT INTO change (id, at, type, kind, record_id, version, actor_kind, channel, changes)"
    " SELECT {}, at, type, kind, record_id, {}, actor_kind, channel, changes FROM change"
    " WHERE id = 1"
)
ATTACKS = {
    "one field": "UPDATE {} SET at = at",
    "one row": "DELETE FROM {} WHERE id = 1",
    "every row": "DELETE FROM {}",
}


@pytest.mark.parametrize("table", ["change", "change_seal"])
@pytest.mark.parametrize("statement", ATTACKS.values(), ids=ATTACKS)
async def test_the_log_is_not_rewritten(conn: AsyncConnection, table: str, statement: str) -> None:
    savepoint = await conn.begin_nested()
    with pytest.raises(DBAPIError, match=f"{table} is append-only"):
        await conn.execute(text(statement.format(table)))
    await savepoint.rollback()
    assert (await report(conn)).wrong is None


async def test_nor_replaced_nor_emptied(conn: AsyncConnection) -> None:
    """By an INSERT that takes the place of a row, or by way of another table."""
    replace = "INSERT OR REPLACE" + COPY.removeprefix("INSERT")
    tried = [replace.format(1, 99), replace.format(99, 1)]
    if conn.dialect.name == "postgresql":
        tried = ["TRUNCATE change", "TRUNCATE change_seal", "TRUNCATE app_user CASCADE"]
    for statement in tried:
        savepoint = await conn.begin_nested()
        with pytest.raises(DBAPIError, match="is append-only"):
            await conn.execute(text(statement))
        await savepoint.rollback()
    assert (await report(conn)).wrong is None


async def test_all_is_well(conn: AsyncConnection) -> None:
    await written(conn, 10)
    found = await report(conn)
    assert (found.rows, found.seals, found.unsealed, found.wrong) == (7, 2, 1, None)
    assert await report(conn, found.head) == found
    await sealed(conn, 11)  # the one that waited, too
    assert (await report(conn, found.head)).seals == 3


FORGERIES = {
    "altered": ("UPDATE change SET actor_kind = 'user' WHERE id = 5", "entry 5 was altered"),
    "told otherwise": ("UPDATE change SET changes = '[]' WHERE id = 6", "entry 6 was altered"),
    "at another time": ("UPDATE change SET at = '2026-03-10 09:00:00.000001' WHERE id = 7",
                        "entry 7 was altered"),
    "removed": ("DELETE FROM change WHERE id = 3", "entry 3 is missing"),
    "added": (COPY.format(8, 99), "entry 8 was added"),
    "the first of two": ("DELETE FROM change WHERE id IN (2, 6)", "entry 2 is missing"),
    "a seal altered": ("UPDATE change_seal SET count = 5 WHERE from_seq = 1",
                       "seal 1 (entries 1 to 5) was altered"),
    "a seal removed": ("DELETE FROM change_seal WHERE from_seq = 1",
                       "a seal is missing: entries 1 to 5 have none"),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "told"), FORGERIES.values(), ids=FORGERIES)
async def test_a_forgery_is_named(conn: AsyncConnection, statement: str, told: str) -> None:
    if told.startswith("seal 1"):
        number = (await conn.execute(change_seal.select())).mappings().first()
        assert number is not None
        told = told.replace("seal 1", f"seal {number['id']}")
    await past_the_guard(conn, statement)
    wrong = (await report(conn)).wrong
    assert wrong is not None
    assert wrong.startswith(told)


async def test_an_end_that_was_cut_off_is_missed_by_whoever_noted_it(conn: AsyncConnection) -> None:
    noted = (await report(conn)).head
    await past_the_guard(conn, "DELETE FROM change_seal WHERE from_seq = 6")
    await conn.execute(text("DELETE FROM change WHERE id > 5"))
    assert (await report(conn)).wrong is None
    wrong = (await report(conn, noted)).wrong
    assert wrong == "no seal has the hash that was noted: seals were removed, or made anew"


async def test_two_who_seal_at_once_seal_once(conn: AsyncConnection) -> None:
    await written(conn, 10)
    batch = await queries.next_batch(Unit(conn, AT))
    assert batch is not None
    assert await actions.seal(Unit(conn, AT), batch)
    assert not await actions.seal(Unit(conn, AT), batch)
    assert await queries.next_batch(Unit(conn, AT)) is None
