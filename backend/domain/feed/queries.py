"""Reading the outbox."""

from typing import Any

from sqlalchemy import select

from backend.db.models import outbox_event
from backend.db.session import Unit


async def unsent(tx: Unit, limit: int) -> list[Any]:
    """The oldest events that were not relayed yet."""
    query = (
        select(outbox_event)
        .where(outbox_event.c.sent_at.is_(None))
        .order_by(outbox_event.c.id)
        .limit(limit)
    )
    return await tx.rows(query)
