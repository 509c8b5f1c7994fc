"""Activities as the outside sees and writes them."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.cards.schemas import Id, Instant, Kind, Line, Text
from backend.reading import sorted_by

ActivityKind = Literal["call", "email", "meeting", "note"]
Direction = Literal["in", "out"]


class Activity(Struct, frozen=True, kw_only=True):
    """What somebody has done or said about a card or a client; `at` is when that was."""

    id: int
    kind: ActivityKind
    at: datetime
    direction: Direction | None
    outcome: str | None
    body: str | None
    author_id: int | None
    author_name: str | None
    card_id: int | None
    card_kind: Kind | None
    card_number: str | None
    client_id: int | None
    client_name: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class Activities(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of activities."""

    items: list[Activity]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class ActivityFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of an activity that may be written; only calls and e-mails have a direction."""

    kind: ActivityKind | UnsetType = UNSET
    at: Instant | UnsetType = UNSET
    direction: Direction | None | UnsetType = UNSET
    outcome: Line | None | UnsetType = UNSET
    body: Text | None | UnsetType = UNSET


class ActivityCreate(ActivityFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new activity of the caller's about a card or a client: a note of now unless said."""

    card_id: Id | None | UnsetType = UNSET
    client_id: Id | None | UnsetType = UNSET


class ActivityFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the list; days are the company's, both included."""

    card_id: Id | None = None
    client_id: Id | None = None
    author_id: Id | None = None
    kind: ActivityKind | None = None
    at_from: date | None = None
    at_to: date | None = None
    sort: Annotated[str, sorted_by("id", "at")] = "-at"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False
