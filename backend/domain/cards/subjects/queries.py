"""What tasks and activities are about: a card, or a client himself."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Table, and_, func, or_, select

from backend.db.models import card, client
from backend.db.session import Unit
from backend.domain.access import Viewer, sees_card, sees_client
from backend.domain.cards import queries as cards
from backend.domain.clients import queries as clients
from backend.errors import pointed


def joined(table: Table) -> FromClause:
    """The table beside the card and the client of each row; a card's client counts as well."""
    return table.outerjoin(card, card.c.id == table.c.card_id).outerjoin(
        client, client.c.id == func.coalesce(table.c.client_id, card.c.client_id)
    )


def sees(table: Table, viewer: Viewer) -> ColumnElement[bool]:
    """The rows, joined to their subjects, of whose subjects the viewer may read."""
    return or_(
        and_(table.c.card_id.is_not(None), sees_card(viewer)),
        and_(table.c.client_id.is_not(None), sees_client(viewer)),
    )


def living(table: Table) -> ColumnElement[bool]:
    """The rows whose subject was not deleted."""
    return and_(
        card.c.deleted_at.is_(None),
        or_(table.c.client_id.is_(None), client.c.deleted_at.is_(None)),
    )


owner: ColumnElement[Any] = func.coalesce(card.c.owner_id, client.c.owner_id).label("owner_id")


async def demand_seen(
    tx: Unit, viewer: Viewer, what: str, card_id: int | None, client_id: int | None
) -> None:
    """BadRequest unless exactly one is named, NotFound where it does not exist for the viewer."""
    if card_id is not None and client_id is None:
        await cards.demand_seen(tx, viewer, card_id, None, "/card_id")
    elif client_id is not None and card_id is None:
        await clients.demand_seen(tx, viewer, client_id)
    else:
        raise pointed(f"{what} is about a card or a client: send the id of one of them", "/card_id")


async def owner_of(tx: Unit, card_id: int | None, client_id: int | None) -> int:
    """Whose the card or the client is."""
    table, record_id = (card, card_id) if card_id is not None else (client, client_id)
    found: int = await tx.scalar(select(table.c.owner_id).where(table.c.id == record_id))
    return found
