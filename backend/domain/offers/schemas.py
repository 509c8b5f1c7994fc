"""Offers as the outside sees and writes them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.cards.schemas import CardFields, CardFilters, CardRow, Id, StageRef, Text, Title

Status = Literal["draft", "request", "sent", "rework", "closed"]


class Approval(Struct, frozen=True):
    """Where the head's consent stands; `by` is a user's id."""

    status: Literal["none", "requested", "approved", "rejected"]
    by: int | None
    at: datetime | None
    comment: str | None


class OfferLine(Struct, frozen=True):
    """A line; the price is for one unit, the total after both discounts."""

    product_id: int | None
    description: str
    quantity: str
    unit: str | None
    price: str
    discount_percent: str
    vat_rate: str | None
    total: str


class OfferRow(CardRow, frozen=True, kw_only=True):
    """An offer in a list."""

    lead_id: int | None
    deal_id: int | None
    renewal_id: int | None
    status: Status
    outcome: Literal["accepted", "declined"] | None
    discount_percent: str
    vat_included: bool
    vat_total: str
    total: str
    cost: str | None
    margin_percent: str | None
    payment_terms: str | None
    delivery_days: int | None
    bonus: str | None
    special_terms: str | None
    valid_until: date | None
    sent_at: datetime | None
    revision: int
    rework_count: int
    rework_note: str | None
    approval: Approval


class Offer(OfferRow, frozen=True, kw_only=True):
    """An offer with its lines."""

    lines: list[OfferLine]


class Offers(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of offers."""

    items: list[OfferRow]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class OfferLineFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line to write; with a product, what is not given is taken from it."""

    product_id: Id | None = None
    description: Annotated[str, Meta(min_length=1, max_length=1000)] | UnsetType = UNSET
    quantity: Decimal = Decimal(1)
    unit: Annotated[str, Meta(max_length=32)] | None | UnsetType = UNSET
    price: Decimal | UnsetType = UNSET
    discount_percent: Decimal = Decimal(0)
    vat_rate: Decimal | None | UnsetType = UNSET


class OfferFields(CardFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of an offer; its amount is the total of its lines."""

    lead_id: Id | None | UnsetType = UNSET
    deal_id: Id | None | UnsetType = UNSET
    renewal_id: Id | None | UnsetType = UNSET
    discount_percent: Decimal | UnsetType = UNSET
    vat_included: bool | UnsetType = UNSET
    payment_terms: Text | None | UnsetType = UNSET
    delivery_days: Annotated[int, Meta(ge=0, le=100_000)] | None | UnsetType = UNSET
    bonus: Text | None | UnsetType = UNSET
    special_terms: Text | None | UnsetType = UNSET
    valid_until: date | None | UnsetType = UNSET
    lines: Annotated[list[OfferLineFields], Meta(max_length=500)] | UnsetType = UNSET


class OfferCreate(OfferFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new offer: a draft. Without lines, those of its deal or of its renewal's term are taken.

    A term's are those of the offer that was accepted for it, together with its terms, else what was
    sold, else one line that is worth the renewal.
    """

    title: Title | UnsetType = UNSET
    pipeline: StageRef | UnsetType = UNSET
    stage: StageRef | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET


class OfferUpsert(OfferFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An offer by its external id."""

    pipeline: StageRef | UnsetType = UNSET
    stage: StageRef | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET


class OfferFilters(CardFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the list of offers."""

    status: Status | None = None
    outcome: Literal["accepted", "declined"] | None = None
    lead_id: Id | None = None
    deal_id: Id | None = None
    renewal_id: Id | None = None
    approval: Literal["none", "requested", "approved", "rejected"] | None = None


class CommentRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A comment for the head."""

    comment: Text | None = None


class ApproveRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The head's consent, with terms of his own where he changes some."""

    comment: Text | None = None
    fields: OfferFields | UnsetType = UNSET


class RejectRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The head's refusal, with what to change."""

    comment: Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]


class Revision(Struct, frozen=True, kw_only=True):
    """The terms and lines of an offer as they stood before a rework or a head's change."""

    revision: int
    at: datetime
    by: int | None
    note: str | None
    content: dict[str, Any]


class Revisions(Struct, frozen=True):
    """All kept revisions, oldest first."""

    items: list[Revision]
    next_cursor: str | None
