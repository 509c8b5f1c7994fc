"""Nobody rewrites or removes what happened to a card, not even by SQL."""

import pytest
from sqlalchemy import RowMapping, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.db.filling import fill, insert
from tests.db.world import FRESH
from tests.held import HeldDatabase

COLUMNS = "card_id, event, at, pipeline_id, currency, changes, made, actor_kind"
COPY = f"SELECT {COLUMNS}, 3, voids_id FROM card_event WHERE id = 903"  # noqa: S608 - a constant

BOTH = {
    "one field": "UPDATE card_event SET comment = 'other' WHERE id = 901",
    "every row": "UPDATE card_event SET seq = seq + 100",
    "one row": "DELETE FROM card_event WHERE id = 903",
    "all rows": "DELETE FROM card_event",
    "by the way": f"INSERT INTO card_event ({COLUMNS}, seq, voids_id) {COPY}"
    " ON CONFLICT (card_id, seq) DO UPDATE SET comment = 'other'",
}
POSTGRESQL = {
    "truncated": "TRUNCATE card_event",
    "truncated with others": "TRUNCATE card CASCADE",
    "no row, still no": "DELETE FROM card_event WHERE id = -1",
}
SQLITE = {
    f"replaced by {what}": f"INSERT OR REPLACE INTO card_event ({columns}) {values}"
    for what, columns, values in (
        ("number", f"{COLUMNS}, seq, id", COPY.replace("3, voids_id", "9, 901")),
        ("place", f"{COLUMNS}, seq, voids_id", COPY),
        ("what it voids", f"{COLUMNS}, seq, voids_id", COPY.replace("3, voids_id", "9, voids_id")),
    )
}
ATTACKS = [
    pytest.param(name, statement, id=f"{name}-{what}")
    for name, own in (("sqlite", SQLITE), ("postgresql", POSTGRESQL))
    for what, statement in (BOTH | own).items()
]


async def history(connection: AsyncConnection) -> list[RowMapping]:
    rows = await connection.execute(text("SELECT * FROM card_event ORDER BY id"))
    return list(rows.mappings())


@pytest.mark.parametrize(("dialect", "statement"), ATTACKS)
async def test_history_is_not_rewritten(database: HeldDatabase, statement: str) -> None:
    async with database.write() as connection:
        await fill(connection)
        before = await history(connection)
        savepoint = await connection.begin_nested()
        with pytest.raises(DBAPIError, match="card_event is append-only"):
            await connection.execute(text(statement))
        await savepoint.rollback()
        assert len(before) == 3
        assert await history(connection) == before


async def test_history_goes_on(database: HeldDatabase) -> None:
    async with database.write() as connection:
        await fill(connection)
        await connection.execute(insert("card_event", FRESH["card_event"]))
        assert [row["seq"] for row in await history(connection)] == [1, 2, 3, 4]
