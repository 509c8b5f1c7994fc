"""Reading what the cards of clients say about them: relation, churn, lifetime value."""

from datetime import date

from sqlalchemy import ColumnElement, and_, case, func, select

from backend.db.models import card, churn_interval, reason
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer, sees_card
from backend.domain.clients.rules import Dealings
from backend.domain.clients.schemas import Sum

SALES = ("deal", "renewal")


async def dealings(tx: Unit, viewer: Viewer, ids: list[int]) -> dict[int, Dealings]:
    """What the cards of some clients say, as far as the viewer may see these cards."""
    if not ids:
        return {}
    mine = and_(card.c.client_id.in_(ids), card.c.deleted_at.is_(None), sees_card(viewer))
    won = and_(card.c.state == "won", card.c.kind.in_(SALES))
    pending = card.c.state.in_(("waiting", "open"))
    counted = (
        select(
            card.c.client_id,
            func.max(case((won, 1), else_=0)).label("bought"),
            func.max(case((pending, 1), else_=0)).label("pending"),
        )
        .where(mine)
        .group_by(card.c.client_id)
    )
    cards = {row["client_id"]: row for row in await tx.rows(counted)}
    losses = await _last_losses(tx, mine)
    gone = await _churned(tx, viewer, ids)
    return {
        number: Dealings(
            cards=number in cards,
            bought=number in cards and bool(cards[number]["bought"]),
            pending=number in cards and bool(cards[number]["pending"]),
            last_loss=losses.get(number),
            churned_on=gone.get(number),
        )
        for number in ids
    }


async def _last_losses(tx: Unit, mine: ColumnElement[bool]) -> dict[int, str | None]:
    """Why the card of each client that closed last was lost; None where it was won."""
    newest_first = (card.c.closed_at.desc(), card.c.id.desc())
    place = func.row_number().over(partition_by=card.c.client_id, order_by=newest_first)
    closed = (
        select(card.c.client_id, card.c.reason_id, place.label("place"))
        .where(mine, card.c.closed_at.is_not(None))
        .subquery()
    )
    query = (
        select(closed.c.client_id, reason.c.key)
        .outerjoin(reason, reason.c.id == closed.c.reason_id)
        .where(closed.c.place == 1)
    )
    return {row["client_id"]: row["key"] for row in await tx.rows(query)}


async def _churned(tx: Unit, viewer: Viewer, ids: list[int]) -> dict[int, date]:
    """Since when clients are gone, by the open intervals that the viewer may know of."""
    query = (
        select(churn_interval.c.client_id, func.min(churn_interval.c.opened_on).label("since"))
        .join(card, card.c.id == churn_interval.c.renewal_id)
        .where(
            churn_interval.c.client_id.in_(ids),
            churn_interval.c.closed_on.is_(None),
            churn_interval.c.voided_at.is_(None),
            sees_card(viewer),
        )
        .group_by(churn_interval.c.client_id)
    )
    return {row["client_id"]: row["since"] for row in await tx.rows(query)}


async def ltv(tx: Unit, viewer: Viewer, ids: list[int]) -> dict[int, list[Sum]]:
    """What clients have paid: their won deals and renewals, as far as the viewer may see these."""
    found: dict[int, list[Sum]] = {number: [] for number in ids}
    if not ids:
        return found
    total = func.sum(card.c.amount)
    query = (
        select(card.c.client_id, card.c.currency, total.label("total"))
        .where(
            card.c.client_id.in_(ids),
            card.c.state == "won",
            card.c.kind.in_(SALES),
            card.c.amount.is_not(None),
            card.c.deleted_at.is_(None),
            sees_card(viewer),
        )
        .group_by(card.c.client_id, card.c.currency)
        .order_by(card.c.client_id, card.c.currency)
    )
    for row in await tx.rows(query):
        amount = money.text(int(row["total"]), row["currency"])
        found[row["client_id"]].append(Sum(row["currency"], str(amount)))
    return found
