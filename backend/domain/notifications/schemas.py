"""Notifications as those see them to whom they are given."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.cards.schemas import Kind


class Notification(Struct, frozen=True, kw_only=True):
    """Something that a user was told about a card or a client, and by which rule."""

    id: int
    text: str
    card_id: int | None
    card_kind: Kind | None
    card_number: str | None
    client_id: int | None
    rule_id: int | None
    rule_version: int | None
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
