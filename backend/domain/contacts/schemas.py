"""Contacts as the outside sees and writes them."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.clients.schemas import Email, ExternalId, Id, Instant, Name, Text, Word
from backend.reading import sorted_by

Line = Annotated[str, Meta(max_length=128)]
Channel = Annotated[str, Meta(max_length=32)]


class Contact(Struct, frozen=True, kw_only=True):
    """A person at a client; at most one of a client's contacts is the primary one."""

    id: int
    external_id: str | None
    client_id: int
    client_name: str
    name: str
    job_title: str | None
    phone: str | None
    email: str | None
    messenger: str | None
    preferred_channel: str | None
    is_primary: bool
    note: str | None
    custom: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class Contacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of contacts."""

    items: list[Contact]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class ContactFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a contact; only the given ones are written.

    Another `client_id` means that the person works there now. Who becomes primary takes the place
    of the one who was.
    """

    client_id: Id | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    job_title: Line | None | UnsetType = UNSET
    phone: Word | None | UnsetType = UNSET
    email: Email | None | UnsetType = UNSET
    messenger: Line | None | UnsetType = UNSET
    preferred_channel: Channel | None | UnsetType = UNSET
    is_primary: bool | UnsetType = UNSET
    note: Text | None | UnsetType = UNSET
    external_id: ExternalId | None | UnsetType = UNSET
    custom: dict[Word, str | int | float | bool | None] | UnsetType = UNSET


class ContactCreate(ContactFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new contact of a client."""

    client_id: Id
    name: Name


class ContactFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the list of contacts; `q` looks into name, e-mail and phone."""

    client_id: Id | None = None
    external_id: ExternalId | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    phone: Word | None = None
    is_primary: bool | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None
    updated_since: Instant | None = None
    sort: Annotated[str, sorted_by("id", "name", "created_at", "updated_at")] = "id"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False
