"""Telling users something, and noting that they have read it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from backend.db.models import notification
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.feed.actions import announce, write
from backend.domain.feed.rules import differences
from backend.domain.notifications import queries


async def give(tx: Unit, viewer: Viewer, user_id: int, text: str, about: Mapping[str, Any]) -> int:
    """Tell a user something about a card or a client, by a rule where there is one; its id."""
    stamps = {"version": 1, "created_at": tx.now, "updated_at": tx.written_at}
    row = {"user_id": user_id, "text": text, **about, **stamps}
    made: int = await tx.scalar(insert(notification).returning(notification.c.id), row)
    await announce(tx, viewer, "created", "notification", made, 1, differences({}, row))
    return made


async def read(tx: Unit, viewer: Viewer, notification_id: int) -> None:
    """Note that the caller has read a notification; a second time changes nothing."""
    row = await queries.locked(tx, viewer, notification_id)
    if row["read_at"] is None:
        await write(tx, viewer, "updated", notification, row, {"read_at": tx.now})
