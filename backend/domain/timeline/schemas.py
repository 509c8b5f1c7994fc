"""What happened with a client, as the outside sees it."""

from typing import Annotated

from msgspec import Meta, Struct

from backend.domain.cards.schemas import HistoryItem, Kind


class TimelineItem(HistoryItem, frozen=True, kw_only=True):
    """One line of the history of one of the client's cards."""

    card_id: int
    card_kind: Kind
    card_number: str
    card_title: str


class Timeline(Struct, frozen=True):
    """A page of a client's timeline, newest first."""

    items: list[TimelineItem]
    next_cursor: str | None


class TimelineFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Paging of a client's timeline."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
