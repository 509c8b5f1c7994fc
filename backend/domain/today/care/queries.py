"""Reading what heads and admins look after: orphans, parked renewals, a sweep that is silent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import func, literal_column, select

from backend.db.models import agreement, app_user, card, client, renewal
from backend.db.session import Row, Unit
from backend.domain.access import Viewer
from backend.domain.agreements.queries import LAST_TERM, orphaned
from backend.domain.agreements.rules import proposed
from backend.domain.cards import queries as cards
from backend.domain.cards.rules import number
from backend.domain.ledger.queries import silence
from backend.domain.today.schemas import Care, Orphan, Parked, Silence, Some

T = TypeVar("T")
SIZE = 50
HEADLINE = func.coalesce(client.c.name, card.c.title).label("headline")
TOTAL = func.count().over().label("total")
_FEW: Any = literal_column(str(SIZE))  # written out, as in backend/db/page.py


async def care(tx: Unit, viewer: Viewer) -> Care | None:
    """What has to be looked after; None for whoever may change only what is his own."""
    if viewer.reads not in ("team", "all") or viewer.writes not in ("team", "all"):
        return None
    return Care(
        orphans=await _orphans(tx, viewer), parked=await parked(tx, viewer),
        silence=await silent(tx),
    )  # fmt: skip


async def silent(tx: Unit) -> Silence | None:
    """Since when no sweep has come to its end, where that is too long ago."""
    quiet = await silence(tx)
    if quiet is None:
        return None
    since = quiet["finished_at"]
    return Silence((tx.now - since) // timedelta(hours=1), since)


async def _orphans(tx: Unit, viewer: Viewer) -> Some[Orphan]:
    query = (
        select(
            agreement.c.id, agreement.c.title, agreement.c.client_id, agreement.c.period,
            agreement.c.anchor_date, agreement.c.anchor_cycle,
            client.c.name.label("client_name"), app_user.c.name.label("owner_name"),
            renewal.c.renewal_date, renewal.c.cycle, TOTAL,
        )
        .join(client, client.c.id == agreement.c.client_id)
        .join(app_user, app_user.c.id == agreement.c.owner_id)
        .outerjoin(renewal, renewal.c.card_id == LAST_TERM)
        .where(orphaned(viewer))
        .order_by(renewal.c.renewal_date.asc().nulls_last(), agreement.c.id)
        .limit(_FEW)
    )  # fmt: skip
    return some(await tx.rows(query), _orphan)


def _orphan(row: Row) -> Orphan:
    last = row["renewal_date"]
    return Orphan(
        agreement_id=row["id"], title=row["title"], client_id=row["client_id"],
        client_name=row["client_name"], owner_name=row["owner_name"], last_date=last,
        proposed=proposed(row, row["cycle"], last),
    )  # fmt: skip


async def parked(tx: Unit, viewer: Viewer) -> Some[Parked]:
    """The renewals that no sweep could bring into work, as far as the viewer sees them."""
    query = (
        select(
            card.c.id, HEADLINE, renewal.c.renewal_date, renewal.c.parked_at,
            renewal.c.failures, renewal.c.last_error, TOTAL,
        )
        .join(renewal, renewal.c.card_id == card.c.id)
        .outerjoin(client, client.c.id == card.c.client_id)
        .where(cards.seen(viewer, "renewal"), renewal.c.waiting, renewal.c.parked_at.is_not(None))
        .order_by(renewal.c.parked_at, card.c.id)
        .limit(_FEW)
    )  # fmt: skip
    plain = [name for name in Parked.__struct_fields__ if name != "number"]

    def one(row: Row) -> Parked:
        told = number("renewal", row["id"], viewer.locale)
        return Parked(number=told, **{name: row[name] for name in plain})

    return some(await tx.rows(query), one)


async def to_review(tx: Unit, viewer: Viewer) -> int:
    """How many renewals wait for somebody to decide whether they come into work."""
    query = (
        select(func.count())
        .select_from(renewal.join(card, card.c.id == renewal.c.card_id))
        .where(renewal.c.review_since.is_not(None), cards.seen(viewer, "renewal"))
    )
    return int(await tx.scalar(query) or 0)


def some(rows: list[Row], made: Callable[[Row], T]) -> Some[T]:
    """The first of what a query finds whose rows carry `TOTAL`."""
    return Some([made(row) for row in rows], int(rows[0]["total"]) if rows else 0)
