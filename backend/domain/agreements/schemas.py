"""Agreements as the outside sees and writes them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.agreements.rules import Why
from backend.domain.cards.schemas import Currency, ExternalId, Id, PeriodText, StageRef, Title, Word
from backend.domain.consumption import Consumption, ConsumptionFields
from backend.reading import sorted_by

Signature = Literal["draft", "sent", "signed", "original"]


class AgreementFile(Struct, frozen=True):
    """The contract as a file: how it is called, its bytes, when it was stored."""

    name: str
    size: int
    added_at: datetime


class Agreement(Struct, frozen=True, kw_only=True):
    """What a client holds and renews, and where its chain stands.

    A contract with a `notice_period` prolongs itself unless it is cancelled that long before its
    date. A `framework` contract has no terms: nothing of it renews.
    """

    id: int
    external_id: str | None
    title: str
    type: str | None
    client_id: int
    client_name: str
    product_id: int | None
    product_name: str | None
    owner_id: int
    owner_name: str
    deal_id: int | None
    pipeline_id: int
    status: Literal["running", "ended"]
    ended_at: datetime | None
    end_reason_id: int | None
    currency: str
    anchor_date: date
    anchor_cycle: int
    period: str | None
    lead_time: str | None
    notice_period: str | None
    consumption: Consumption | None
    framework: bool
    contract_number: str | None
    signed_on: date | None
    signature_status: Signature | None
    valid_until: date | None
    in_force: bool
    file: AgreementFile | None
    pending_renewal_id: int | None
    renewal_date: date | None
    custom: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class Agreements(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of agreements."""

    items: list[Agreement]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class AgreementFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of an agreement; a new period counts from the running term."""

    title: Title | UnsetType = UNSET
    type: Annotated[str, Meta(max_length=32)] | None | UnsetType = UNSET
    external_id: ExternalId | None | UnsetType = UNSET
    product_id: Id | None | UnsetType = UNSET
    period: PeriodText | None | UnsetType = UNSET
    lead_time: PeriodText | None | UnsetType = UNSET
    notice_period: PeriodText | None | UnsetType = UNSET
    consumption: ConsumptionFields | None | UnsetType = UNSET
    contract_number: Word | None | UnsetType = UNSET
    signed_on: date | None | UnsetType = UNSET
    signature_status: Signature | None | UnsetType = UNSET
    valid_until: date | None | UnsetType = UNSET
    custom: dict[Word, str | int | float | bool | None] | UnsetType = UNSET


class FileFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file to store in the place of the one that is there: 10 MB at most, in base64."""

    name: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
    content: Annotated[bytes, Meta(min_length=1, extra_json_schema={"format": "byte"})]


class AgreementCreate(AgreementFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new agreement with its first renewal, waiting; a framework contract has none."""

    title: Title
    client_id: Id
    framework: bool = False
    renewal_date: date | UnsetType = UNSET
    amount: Decimal | None | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET
    pipeline: StageRef | UnsetType = UNSET


class AgreementUpsert(AgreementFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agreement by its external id.

    A new one needs title, client and date. For a known one these, like the amount, must be what a
    term of it has: another date is a matter of rescheduling, another amount of its renewal.
    """

    client_id: Id | UnsetType = UNSET
    renewal_date: date | UnsetType = UNSET
    amount: Decimal | None | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET
    pipeline: StageRef | UnsetType = UNSET


class AgreementFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the list of agreements."""

    client_id: Id | None = None
    owner_id: Id | None = None
    product_id: Id | None = None
    status: Literal["running", "ended"] | None = None
    framework: bool | None = None
    contract_number: Word | None = None
    external_id: ExternalId | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None
    sort: Annotated[str, sorted_by("id", "created_at", "updated_at", "renewal_date")] = "id"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False


class Orphan(Struct, frozen=True):
    """A running agreement without a next renewal."""

    agreement_id: int
    client_id: int
    owner_id: int
    last_renewal_id: int | None
    why: Why


class Orphans(Struct, frozen=True):
    """A page of orphans; the aim is none."""

    items: list[Orphan]
    next_cursor: str | None


class OrphanFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Paging of the list of orphans."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
