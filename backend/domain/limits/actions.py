"""How many site forms an address may send: counted in the database, over all processes."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from backend.db.models import intake_visitor
from backend.db.session import Unit
from backend.settings import Rate

_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


async def admit(tx: Unit, address: str, rate: Rate) -> tuple[int, int]:
    """Count a form: how many more may come, -1 where this one is too many; seconds until anew.

    One statement counts and decides, so that rivals at one instant are never let in together.
    """
    c = intake_visitor.c
    anew = c.began_at <= tx.now - timedelta(seconds=rate.seconds)
    made = _INSERT[tx.conn.dialect.name](intake_visitor).values(
        address=address, began_at=tx.now, taken=1
    )
    counted = made.on_conflict_do_update(
        index_elements=[c.address],
        set_={
            "began_at": case((anew, tx.now), else_=c.began_at),
            "taken": case((anew, 1), else_=c.taken + 1),
        },
        where=or_(anew, c.taken < rate.count),
    ).returning(c.taken, c.began_at)
    row = await tx.first(counted)
    left = -1 if row is None else rate.count - row["taken"]
    if row is None:
        row = await tx.first(select(intake_visitor).where(c.address == address))
    began: datetime = tx.now if row is None else row["began_at"]
    over = (began + timedelta(seconds=rate.seconds) - tx.now).total_seconds()
    return left, max(1, int(-(-over // 1)))


async def forget_visitors(tx: Unit, before: datetime) -> None:
    """Drop addresses whose span of time is long over."""
    await tx.run(delete(intake_visitor).where(intake_visitor.c.began_at < before))
