"""Reading which alerts were given to whom."""

from collections.abc import Iterable

from sqlalchemy import or_, select

from backend.db.models import notification
from backend.db.session import Row, Unit
from backend.domain.notifications.alerts.rules import Place


async def given(tx: Unit, keys: Iterable[str]) -> dict[Place, Row]:
    """All that hold as far as anybody was told, and whatever was told under these keys."""
    n = notification.c
    query = select(n.id, n.user_id, n.alert, n.version, n.withdrawn_at)
    named = or_(n.withdrawn_at.is_(None), n.alert.in_(set(keys)))
    rows = await tx.rows(query.where(n.alert.is_not(None), named).order_by(n.id))
    return {(row["user_id"], row["alert"]): row for row in rows}
