"""Reading what the viewer was told and has not read yet."""

from typing import Any

from msgspec import convert
from sqlalchemy import literal_column, select

from backend.db.models import card, notification
from backend.db.session import Row, Unit
from backend.domain.access import Viewer
from backend.domain.cards.rules import number
from backend.domain.notifications.queries import unread
from backend.domain.notifications.schemas import Behind
from backend.domain.today.care.queries import TOTAL, some
from backend.domain.today.schemas import Some, Told

_FEW: Any = literal_column("10")  # the day's work comes first; what is read makes room


async def told(tx: Unit, viewer: Viewer) -> Some[Told]:
    """The newest of what is unread; alerts that hold no longer are not among it."""
    n = notification.c
    query = (
        select(
            n.id, n.text, n.created_at, n.card_id, card.c.kind, n.client_id, n.report, TOTAL
        )
        .outerjoin(card, card.c.id == n.card_id)
        .where(unread(viewer))
        .order_by(n.id.desc())
        .limit(_FEW)
    )  # fmt: skip

    def one(row: Row) -> Told:
        kind, report = row["kind"], row["report"]
        return Told(
            id=row["id"], text=row["text"], at=row["created_at"], card_id=row["card_id"],
            card_kind=kind, client_id=row["client_id"],
            number=None if kind is None else number(kind, row["card_id"], viewer.locale),
            report=None if report is None else convert(report, Behind),
        )  # fmt: skip

    return some(await tx.rows(query), one)
