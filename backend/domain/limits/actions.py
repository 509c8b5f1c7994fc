"""How often somebody is let in: counted in the database, over all processes."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from backend.db.models import admission
from backend.db.session import Unit
from backend.settings import Rate

_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


async def admit(tx: Unit, visitor: str, rate: Rate) -> tuple[int, int]:
    """Count a visit: how many more may come, -1 where this one is too many; seconds until anew.

    One statement counts and decides, so that rivals at one instant are never let in together.
    """
    c = admission.c
    anew = c.began_at <= tx.now - timedelta(seconds=rate.seconds)
    made = _INSERT[tx.conn.dialect.name](admission).values(
        visitor=visitor, began_at=tx.now, taken=1
    )
    counted = made.on_conflict_do_update(
        index_elements=[c.visitor],
        set_={
            "began_at": case((anew, tx.now), else_=c.began_at),
            "taken": case((anew, 1), else_=c.taken + 1),
        },
        where=or_(anew, c.taken < rate.count),
    ).returning(c.taken, c.began_at)
    row = await tx.first(counted)
    left = -1 if row is None else rate.count - row["taken"]
    if row is None:
        row = await tx.first(select(admission).where(c.visitor == visitor))
    began: datetime = tx.now if row is None else row["began_at"]
    over = (began + timedelta(seconds=rate.seconds) - tx.now).total_seconds()
    return left, max(1, int(-(-over // 1)))


async def give_back(tx: Unit, visitor: str) -> None:
    """Take back one visit that was counted and need not have been."""
    its = admission.c.visitor == visitor
    fewer = update(admission).where(its, admission.c.taken > 1)
    taken = await tx.run(fewer.values(taken=admission.c.taken - 1))
    if taken.rowcount == 0:
        await tx.run(delete(admission).where(its))


async def forget_visitors(tx: Unit, before: datetime) -> None:
    """Drop those whose span of time is long over."""
    await tx.run(delete(admission).where(admission.c.began_at < before))
