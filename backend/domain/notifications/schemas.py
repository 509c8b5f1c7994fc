"""Notifications as those see them to whom they are given."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from backend.domain.cards.schemas import Kind


class Behind(Struct, frozen=True, kw_only=True):
    """A report with the filters that show what an alert tells of."""

    name: Literal["reasons"]
    pipeline: str | None = None
    owner_id: int | None = None
    start: date | None = field(default=None, name="from")
    end: date | None = field(default=None, name="to")


class Notification(Struct, frozen=True, kw_only=True):
    """Something that a user was told about a card or a client, and by which rule.

    An alert of reasons names the `report` behind it, and is gone as soon as it holds no longer.
    """

    id: int
    text: str
    card_id: int | None
    card_kind: Kind | None
    card_number: str | None
    client_id: int | None
    rule_id: int | None
    rule_version: int | None
    report: Behind | None
    read_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class Notifications(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of notifications, the newest first."""

    items: list[Notification]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class NotificationFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those that were read, or were not; paging."""

    read: bool | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False
