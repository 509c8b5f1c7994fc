"""What the dialogs of a board tell: which cards it is about, who was faster, which reasons come."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from backend.db.models import app_user, card, card_event, client
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer, cards_within
from backend.domain.boards.schemas import About
from backend.domain.cards.queries import seen
from backend.domain.cards.rules import number

LATELY = timedelta(days=90)


async def about(tx: Unit, viewer: Viewer, kind: str, ids: Sequence[int]) -> list[About]:
    """Cards in one line each, those that exist for the viewer."""
    query = (
        select(card.c.id, card.c.title, card.c.amount, card.c.currency, client.c.name)
        .outerjoin(client, client.c.id == card.c.client_id)
        .where(seen(viewer, kind), card.c.id.in_(ids))
        .order_by(card.c.id)
    )
    return [
        About(
            id=i, number=number(kind, i, viewer.locale), headline=name or title,
            amount=money.text(amount, currency), currency=currency,
        )
        for i, title, amount, currency, name in await tx.run(query)
    ]  # fmt: skip


async def last_hand(tx: Unit, viewer: Viewer, kind: str, card_id: int) -> str | None:
    """Who did the last thing to a card; None for the product itself, and for a card not seen."""
    query = (
        select(app_user.c.name)
        .join(card_event, card_event.c.actor_id == app_user.c.id)
        .join(card, card.c.id == card_event.c.card_id)
        .where(seen(viewer, kind), card.c.id == card_id)
        .order_by(card_event.c.seq.desc())
        .limit(1)
    )
    found: str | None = await tx.scalar(query)
    return found


async def reasons_used(tx: Unit, viewer: Viewer, ids: Sequence[int]) -> dict[int, int]:
    """How often each reason closed a card that the viewer sees, in the last 90 days."""
    if not ids:
        return {}
    query = (
        select(card.c.reason_id, func.count())
        .where(
            card.c.reason_id.in_(ids),
            card.c.deleted_at.is_(None),
            card.c.closed_at >= tx.now - LATELY,
            cards_within(viewer.reach),
        )
        .group_by(card.c.reason_id)
    )
    return {int(reason_id): count for reason_id, count in await tx.run(query)}
