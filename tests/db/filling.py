"""Raw INSERTs of the small company: no table of the product's own is needed for them."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.base import Instant, Json
from tests.db.makers import Row
from tests.db.world import ROWS


def insert(table: str, row: Row) -> sa.Insert:
    """INSERT of one row, with column types taken from the values alone."""
    columns = (sa.column(name, _type(value)) for name, value in row.items())
    return sa.table(table, *columns).insert().values(row)


def _type(value: object) -> Any:
    if isinstance(value, datetime):
        return Instant()
    if isinstance(value, date):
        return sa.Date()
    if isinstance(value, dict | list):
        return Json
    return sa.types.NullType() if value is None else None


async def fill(connection: AsyncConnection) -> None:
    """Put the company into a migrated database in the place of what it starts with."""
    for table in ("reason", "stage", "pipeline", "choice", "role", "company"):
        await connection.execute(sa.table(table).delete())
    for table, rows in ROWS.items():
        for row in rows if table != "company" else ():
            await connection.execute(insert(table, row))
