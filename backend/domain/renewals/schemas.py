"""Renewals and agreements as the outside sees and writes them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.cards.schemas import (
    CardFields,
    CardFilters,
    CardRow,
    Currency,
    ExternalId,
    Id,
    PeriodText,
    StageRef,
    Text,
    Title,
    Word,
)
from backend.domain.consumption import RunOut
from backend.reading import sorted_by


class RenewalRow(CardRow, frozen=True, kw_only=True):
    """A renewal in a list; `days_left` counts to its date and is negative when overdue.

    `date_source` says how its date came about: by hand, by the agreement's period, or by how fast
    the `quantity` bought is used up; then `forecast` is what it rests on. `lead_time` is the one
    that counts: a notice period that is longer is its agreement's. `review_since` marks one that
    was imported long past its date: a person decides about it, no sweep. `parked_at` marks one
    whose activation failed five times, `last_error` says why; it is still tried every day.
    """

    agreement_id: int
    cycle: int
    period: str | None
    renewal_date: date
    original_renewal_date: date
    slips: int
    date_source: Literal["manual", "period", "consumption"]
    quantity: str | None
    forecast: RunOut | None
    lead_time: str
    lead_time_source: Literal["renewal", "agreement", "product", "pipeline"]
    activates_on: date
    activated_at: datetime | None
    days_left: int | None
    previous_id: int | None
    next_id: int | None
    review_since: datetime | None
    parked_at: datetime | None
    last_error: str | None


class Renewal(RenewalRow, frozen=True, kw_only=True):
    """A renewal."""


class Renewals(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of renewals."""

    items: list[RenewalRow]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class RenewalFields(CardFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a renewal; its date is changed by rescheduling.

    `quantity` is what is bought when it is won.
    """

    lead_time: PeriodText | None | UnsetType = UNSET
    renewal_date: date | UnsetType = UNSET
    quantity: Decimal | None | UnsetType = UNSET
    other_agreement_id: Id | None | UnsetType = UNSET


class RenewalCreate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A renewal with its agreement, or the missing next one of an agreement that runs.

    Without `agreement_id` client, amount and date are needed; a lead time becomes the agreement's.
    """

    client_id: Id | UnsetType = UNSET
    agreement_id: Id | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    amount: Decimal | None | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    renewal_date: date | UnsetType = UNSET
    period: PeriodText | UnsetType = UNSET
    product_id: Id | UnsetType = UNSET
    lead_time: PeriodText | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET
    pipeline: StageRef | UnsetType = UNSET
    contact_id: Id | None | UnsetType = UNSET
    source: Word | None | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET
    custom: dict[Word, str | int | float | bool | None] | UnsetType = UNSET


class RescheduleRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another date for this term, with a reason (its key, or its id)."""

    renewal_date: date
    reason: Id | Annotated[str, Meta(min_length=1, max_length=64)]
    comment: Text | None = None


class BulkItem(Struct, frozen=True, forbid_unknown_fields=True):
    """A renewal as it was read."""

    renewal_id: Id
    version: Annotated[int, Meta(ge=1)]


class Closing(Struct, frozen=True, forbid_unknown_fields=True):
    """Why renewals are closed as lost."""

    reason_id: Id
    comment: Text | None = None


class BulkRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One decision about many waiting renewals: start them now, give them a date, or close them."""

    items: Annotated[list[BulkItem], Meta(min_length=1, max_length=200)]
    start: Literal[True] | UnsetType = UNSET
    reschedule: RescheduleRequest | UnsetType = UNSET
    close: Closing | UnsetType = UNSET


class BulkDone(Struct, frozen=True):
    """The renewals decided about, as they are now."""

    items: list[BulkItem]


class RenewalFilters(CardFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the list of renewals."""

    sort: Annotated[
        str,
        sorted_by(
            "id", "amount", "created_at", "updated_at", "stage_entered_at", "position",
            "renewal_date",
        ),
    ] = "id"  # fmt: skip

    agreement_id: Id | None = None
    due_from: date | None = None
    due_to: date | None = None
    activates_from: date | None = None
    activates_to: date | None = None
    overdue: bool | None = None
    parked: bool | None = None
    review: bool | None = None


class PreviewDay(Struct, frozen=True):
    """How many renewals of one owner come into work on a day."""

    date: date
    owner_id: int
    count: int
    renewal_ids: list[int]


class PreviewWeek(Struct, frozen=True):
    """An owner's load of a week, by the day it begins with, and what it is as things stand."""

    week: date
    owner_id: int
    count: int
    count_now: int


class Preview(Struct, frozen=True):
    """What the sweeps of a span of days will do."""

    items: list[PreviewDay]
    weeks: list[PreviewWeek]
    total: int


class PreviewFilters(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}
):
    """The span of days (default: 31 from today), and another default lead time to try."""

    from_: date | None = None
    to: date | None = None
    lead_time: PeriodText | None = None


class SweepRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The day to sweep for; not later than today."""

    today: date | UnsetType = UNSET


class SweepRun(Struct, frozen=True, kw_only=True):
    """One line of the sweep's ledger."""

    id: int
    started_at: datetime
    finished_at: datetime | None
    today: date
    trigger: Literal["cron", "catch_up", "manual"]
    checked: int
    activated: int
    failed: int
    late_days_max: int


class SweepFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Paging of the ledger."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None


class SweepRuns(Struct, frozen=True):
    """The ledger, newest first.

    `silent_since` is the end of the last sweep where that is more than 26 hours ago. Nothing is
    lost: whatever was missed comes with the next one.
    """

    items: list[SweepRun]
    next_cursor: str | None
    silent_since: datetime | None
