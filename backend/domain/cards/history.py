"""A card's history as it is told: oldest first, money and dates as the contract writes them."""

from collections.abc import Mapping
from typing import Any

from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.cards import queries, rules
from backend.domain.cards.events import queries as events
from backend.domain.cards.schemas import Actor, Change, History, HistoryFilters, HistoryItem
from backend.errors import BadRequest, NotFound

MONEY = {"amount", "budget", "competitor_price"}
PERCENT = {"discount_percent", "margin_percent"}


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


def line(row: Mapping[str, Any]) -> dict[str, Any]:
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
        "caused_by": None if cause is None else rules.number(cause, row["caused_by_card_id"]),
        "voided": row["voided_by"] is not None,
        "changes": [_change(change, row["currency"]) for change in row["changes"]],
    }


def _change(change: Mapping[str, Any], currency: str) -> Change:
    name = change["field"]
    return Change(
        name, _told(name, change["before"], currency), _told(name, change["after"], currency)
    )


def _told(name: str, value: Any, currency: str) -> Any:
    if isinstance(value, int) and name in MONEY:
        return money.text(value, currency)
    if isinstance(value, int) and name in PERCENT:
        return money.unscaled(value, 2)
    return value
