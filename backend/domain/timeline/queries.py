"""Reading what happened with a client: the histories of his cards as one."""

from datetime import datetime

from backend.db.models import card, card_event
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Unit
from backend.domain.access import Viewer, sees_card
from backend.domain.cards.events import queries as events
from backend.domain.cards.history import line
from backend.domain.cards.rules import number
from backend.domain.clients import queries as clients
from backend.domain.timeline.schemas import Timeline, TimelineFilters, TimelineItem

SORTS = {"at": SortKey(card_event.c.at, datetime)}


async def of_client(tx: Unit, viewer: Viewer, client_id: int, filters: TimelineFilters) -> Timeline:
    """History lines of the client's cards that exist for the viewer; NotFound for the client."""
    await clients.demand_readable(tx, viewer, client_id)
    query = (
        events.lines()
        .add_columns(card.c.kind.label("card_kind"), card.c.title.label("card_title"))
        .join(card, card.c.id == card_event.c.card_id)
        .where(card.c.client_id == client_id, card.c.deleted_at.is_(None), sees_card(viewer))
    )
    paging = Paging.of(filters.limit, "-at", filters.cursor, False, client_id)
    found = await fetch(tx, query, paging, SORTS, card_event.c.id)
    items = [
        TimelineItem(
            **line(row),
            card_id=row["card_id"],
            card_kind=row["card_kind"],
            card_number=number(row["card_kind"], row["card_id"]),
            card_title=row["card_title"],
        )
        for row in found.rows
    ]
    return Timeline(items, found.next_cursor)
