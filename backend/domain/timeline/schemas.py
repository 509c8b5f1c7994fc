"""What happened with a client, as the outside sees it."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from backend.domain.cards.schemas import Change, HistoryItem, Kind


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


Only = Literal["moves", "talks", "tasks"]


class Moment(Struct, frozen=True, kw_only=True):
    """One thing that happened, as a page tells it: a line of a history, an activity, a task done.

    `what` is the event, the kind of the activity, or `task`; `text` what was said about it;
    `from_name` and `to_name` are stages, or owners where a card was handed over.
    """

    what: str
    id: int
    at: datetime
    who: str
    who_id: int | None
    card_id: int | None
    card_kind: Kind | None
    card_number: str | None
    text: str | None
    title: str | None = None
    direction: Literal["in", "out"] | None = None
    from_name: str | None = None
    to_name: str | None = None
    reason: str | None = None
    caused_by: str | None = None
    voided: bool = False
    changes: tuple[Change, ...] = ()


class Moments(Struct, frozen=True):
    """The newest things that happened; what is older lies before `earlier` (None = nothing)."""

    items: list[Moment]
    earlier: datetime | None
