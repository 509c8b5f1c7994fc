"""Clients as the outside sees and writes them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.clients.rules import Relation
from backend.reading import sorted_by

Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
Word = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(max_length=10_000)]
ExternalId = Annotated[str, Meta(min_length=1, max_length=128)]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Id = Annotated[int, Meta(ge=1, le=2**53)]
Instant = Annotated[datetime, Meta(tz=True)]


class Sum(Struct, frozen=True):
    """An amount of one currency."""

    currency: str
    amount: str


class Client(Struct, frozen=True, kw_only=True):
    """A company or a person we sell to; relation, ltv and churned_on are derived."""

    id: int
    external_id: str | None
    kind: Literal["company", "person"]
    name: str
    status: str
    segment: str | None
    relation: Relation
    owner_id: int
    owner_name: str
    phone: str | None
    email: str | None
    tax_id: str | None
    source: str | None
    preferred_channel: str | None
    currency: str
    credit_limit: str | None
    credit_rating: str | None
    loyalty: str | None
    discount_cap: str | None
    special_terms: str | None
    next_contact_at: datetime | None
    churned_on: date | None
    ltv: list[Sum]
    custom: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class Clients(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of clients."""

    items: list[Client]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class ClientFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a client; only the given ones are written."""

    name: Name | UnsetType = UNSET
    kind: Literal["company", "person"] | UnsetType = UNSET
    external_id: ExternalId | None | UnsetType = UNSET
    status: Word | UnsetType = UNSET
    segment: Word | None | UnsetType = UNSET
    phone: Word | None | UnsetType = UNSET
    email: Email | None | UnsetType = UNSET
    tax_id: Annotated[str, Meta(max_length=32)] | None | UnsetType = UNSET
    source: Word | None | UnsetType = UNSET
    preferred_channel: Annotated[str, Meta(max_length=32)] | None | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    credit_limit: Decimal | None | UnsetType = UNSET
    credit_rating: Annotated[str, Meta(max_length=32)] | None | UnsetType = UNSET
    loyalty: Word | None | UnsetType = UNSET
    discount_cap: Decimal | None | UnsetType = UNSET
    special_terms: Text | None | UnsetType = UNSET
    next_contact_at: Instant | None | UnsetType = UNSET
    custom: dict[Word, str | int | float | bool | None] | UnsetType = UNSET


class ClientCreate(ClientFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new client; the owner is the caller unless a head names another."""

    name: Name
    owner_id: Id | UnsetType = UNSET


class ClientUpsert(ClientFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client by its external id: a new one needs a name, a known one takes what is given."""

    owner_id: Id | UnsetType = UNSET


class MergeRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The double that goes: all that is his becomes this client's, and he is deleted."""

    other_id: Id


class ClientFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the list of clients."""

    kind: Literal["company", "person"] | None = None
    status: Word | None = None
    segment: Word | None = None
    owner_id: Id | None = None
    external_id: ExternalId | None = None
    tax_id: Word | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    phone: Word | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None
    created_from: date | None = None
    created_to: date | None = None
    updated_since: Instant | None = None
    sort: Annotated[str, sorted_by("id", "name", "created_at", "updated_at")] = "id"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False
