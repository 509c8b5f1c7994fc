"""Reading the company's settings."""

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import select

from backend.db.models import company
from backend.db.session import Row, Unit
from backend.domain import money
from backend.domain.company.schemas import Details, Settings
from backend.domain.consumption import Consumption

PERCENT = ("discount_limit", "margin_floor")


async def settings(tx: Unit) -> Settings:
    """The settings as they are now, whichever process wrote them."""
    return _settings(await _row(tx, lock=False))


async def locked(tx: Unit) -> Row:
    """The company's row, locked for writing."""
    return await _row(tx, lock=True)


async def _row(tx: Unit, *, lock: bool) -> Row:
    query = select(company)
    row = await tx.first(query.with_for_update() if lock else query)
    assert row is not None
    return row


def _settings(row: Row) -> Settings:
    special: dict[str, Any] = {name: money.unscaled(row[name], 2) for name in PERCENT}
    special["working_days"] = [date.fromisoformat(day) for day in row["working_days"]]
    special["details"] = msgspec.convert(row["details"], Details)
    special["consumption"] = msgspec.convert(row["consumption"], dict[str, Consumption])
    return Settings(**{name: row[name] for name in Settings.__struct_fields__} | special)
