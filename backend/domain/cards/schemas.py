"""What all cards show and take: fields, the move, history."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.calendar import PERIOD
from backend.reading import sorted_by

Kind = Literal["lead", "offer", "deal", "renewal"]
Title = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
Text = Annotated[str, Meta(max_length=10_000)]
Line = Annotated[str, Meta(max_length=255)]
Word = Annotated[str, Meta(max_length=64)]
ExternalId = Annotated[str, Meta(min_length=1, max_length=128)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Percent = Annotated[int, Meta(ge=0, le=100)]
Id = Annotated[int, Meta(ge=1, le=2**53)]
PeriodText = Annotated[str, Meta(pattern=PERIOD, examples=["P1M", "P1Y"])]
Instant = Annotated[datetime, Meta(tz=True)]
StageRef = Id | Annotated[str, Meta(min_length=1, max_length=64)]


class CardRow(Struct, frozen=True, kw_only=True):
    """The fields that every card shows, in lists and alone."""

    id: int
    kind: Kind
    number: str
    title: str
    pipeline_id: int
    stage_id: int
    stage_key: str
    stage_kind: Literal["holding", "open", "detour", "won", "lost"]
    stage_name: str
    state: Literal["waiting", "open", "won", "lost"]
    position: str
    amount: str | None
    currency: str
    probability: int
    owner_id: int
    owner_name: str
    client_id: int | None
    client_name: str | None
    contact_id: int | None
    source: str | None
    external_id: str | None
    entered_at: datetime | None
    stage_entered_at: datetime
    closed_at: datetime | None
    reason_id: int | None
    reason_name: str | None
    close_comment: str | None
    lost_from_stage_id: int | None
    competitor: str | None
    competitor_price: str | None
    other_card_id: int | None
    next_contact_at: datetime | None
    is_new_to_owner: bool
    is_stale: bool
    custom: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class CardFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of every card that may be written; only the given ones are."""

    title: Title | UnsetType = UNSET
    amount: Decimal | None | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    probability: Percent | None | UnsetType = UNSET
    client_id: Id | None | UnsetType = UNSET
    contact_id: Id | None | UnsetType = UNSET
    source: Word | None | UnsetType = UNSET
    external_id: ExternalId | None | UnsetType = UNSET
    next_contact_at: Instant | None | UnsetType = UNSET
    competitor: Line | None | UnsetType = UNSET
    competitor_price: Decimal | None | UnsetType = UNSET
    other_card_id: Id | None | UnsetType = UNSET
    custom: dict[Word, str | int | float | bool | None] | UnsetType = UNSET


class EndAgreement(Struct, frozen=True, forbid_unknown_fields=True):
    """No further renewal after this one, and why."""

    reason_id: Id


class MoveRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move to a stage, with all that the stage or the reason demands."""

    stage: StageRef
    after_id: Id | None | UnsetType = UNSET
    reason_id: Id | None = None
    comment: Text | None = None
    next_renewal_date: date | None = None
    next_period: PeriodText | None = None
    end_agreement: EndAgreement | None = None
    fields: dict[str, Any] = {}


class TransferRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new owner, with a note for him."""

    owner_id: Id
    note: Text | None = None


class Actor(Struct, frozen=True):
    """Who did it: a user in the browser, a token acting for one, the worker, an import."""

    kind: Literal["user", "token", "worker", "import"]
    id: int | None
    name: str


class Change(Struct, frozen=True):
    """One field before and after."""

    field: str
    before: Any
    after: Any


class HistoryItem(Struct, frozen=True, kw_only=True):
    """One line of a card's history."""

    seq: int
    at: datetime
    actor: Actor
    event: Literal[
        "created", "activated", "moved", "won", "lost", "reopened", "pipeline_changed", "held",
        "edited", "transferred", "deleted", "restored", "voided",
    ]  # fmt: skip
    from_stage: str | None
    to_stage: str | None
    reason_id: int | None
    comment: str | None
    caused_by: str | None
    voided: bool
    changes: list[Change]


class History(Struct, frozen=True):
    """A page of history, oldest first."""

    items: list[HistoryItem]
    next_cursor: str | None


class CardFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of a list of cards; filters are exact."""

    pipeline: StageRef | None = None
    stage: StageRef | None = None
    state: Literal["waiting", "open", "won", "lost"] | None = None
    owner_id: Id | None = None
    client_id: Id | None = None
    reason_id: Id | None = None
    source: Word | None = None
    external_id: ExternalId | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None
    created_from: date | None = None
    created_to: date | None = None
    closed_from: date | None = None
    closed_to: date | None = None
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    stale: bool | None = None
    updated_since: Instant | None = None
    sort: Annotated[
        str, sorted_by("id", "amount", "created_at", "updated_at", "stage_entered_at", "position")
    ] = "id"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False


class HistoryFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Paging of a card's history."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
