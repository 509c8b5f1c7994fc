"""A card's history as it is told: oldest first, money and dates as the contract writes them."""

from collections.abc import Mapping
from typing import Any

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards import queries, rules
from backend.domain.cards.events import queries as events
from backend.domain.cards.schemas import Actor, Change, History, HistoryFilters, HistoryItem
from backend.domain.feed.rules import api_value
from backend.errors import BadRequest, NotFound


async def page(
    tx: Unit, viewer: Viewer, kind: str, card_id: int, paging: HistoryFilters
) -> History:
    """A page of a card's history; NotFound where the card does not exist for the viewer."""
    if not await queries.exists_for(tx, viewer, kind, card_id):
        raise NotFound(f"There is no such {kind}")
    after = 0
    if paging.cursor is not None:
        if not paging.cursor.isascii() or not paging.cursor.isdigit() or len(paging.cursor) > 9:
            raise BadRequest("This cursor was not made by this list; start without one")
        after = int(paging.cursor)
    rows = await events.history(tx, card_id, paging.limit + 1, after)
    items = [HistoryItem(**line(row)) for row in rows[: paging.limit]]
    more = len(rows) > paging.limit
    return History(items, str(items[-1].seq) if more else None)


def line(row: Mapping[str, Any], locale: str = "en") -> dict[str, Any]:
    """The fields of one line, from a row of `queries.lines`."""
    kind = row["actor_kind"]
    actor = Actor(
        kind, row["token_id"] if kind == "token" else row["actor_id"], row["actor_name"] or kind
    )
    cause = row["cause_kind"]
    told = ("seq", "at", "event", "from_stage", "to_stage", "reason_id", "comment")
    return {
        **{name: row[name] for name in told},
        "actor": actor,
        "caused_by": None
        if cause is None
        else rules.number(cause, row["caused_by_card_id"], locale),
        "voided": row["voided_by"] is not None,
        "changes": _changes(row["changes"], row["currency"]),
    }


def _changes(kept: list[dict[str, Any]], currency: str) -> list[Change]:
    """What was changed; what was there before, in the currency that it was in."""
    former = next((c["before"] for c in kept if c["field"] == "currency"), None) or currency
    return [
        Change(
            change["field"],
            api_value(change["field"], change["before"], former),
            api_value(change["field"], change["after"], currency),
        )
        for change in kept
    ]
