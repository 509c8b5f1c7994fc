"""Deals as the outside sees and writes them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.cards.schemas import (
    CardFields,
    CardFilters,
    CardRow,
    Id,
    PeriodText,
    StageRef,
    Title,
)
from backend.domain.consumption import Consumption, ConsumptionFields


class ProductLine(Struct, frozen=True):
    """A product sold with a deal; the price is for one unit.

    `consumption` is how fast this client uses it up, as he says at the sale.
    """

    product_id: int
    product_name: str
    quantity: str
    unit: str | None
    price: str
    consumption: Consumption | None


class DealRow(CardRow, frozen=True, kw_only=True):
    """A deal in a list; a renewal date is one set by hand, or computed on entering a stage.

    `win_back_of` is the lost renewal whose client it is to win back.
    """

    expected_close_on: date | None
    start_on: date | None
    renewal_date: date | None
    renewal_period: str | None
    one_off: bool
    win_back_of: int | None
    renewal_date_source: Literal["manual", "computed"] | None = None


class Deal(DealRow, frozen=True, kw_only=True):
    """A deal with its product lines."""

    product_lines: list[ProductLine]


class Deals(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of deals."""

    items: list[DealRow]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class ProductLineFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product line to write; unit and price default to the product's."""

    product_id: Id
    quantity: Decimal = Decimal(1)
    unit: Annotated[str, Meta(max_length=32)] | None | UnsetType = UNSET
    price: Decimal | UnsetType = UNSET
    consumption: ConsumptionFields | None = None


class DealFields(CardFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a deal.

    A new one takes client, contact, currency and source over from the lost renewal of
    `win_back_of`, unless they are given; of the cards that win one renewal back one can be open.
    """

    expected_close_on: date | None | UnsetType = UNSET
    start_on: date | None | UnsetType = UNSET
    renewal_date: date | None | UnsetType = UNSET
    renewal_period: PeriodText | None | UnsetType = UNSET
    one_off: bool | UnsetType = UNSET
    win_back_of: Id | None | UnsetType = UNSET
    product_lines: Annotated[list[ProductLineFields], Meta(max_length=200)] | UnsetType = UNSET


class DealCreate(DealFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new deal: in the first stage of the first pipeline unless said otherwise."""

    title: Title
    pipeline: StageRef | UnsetType = UNSET
    stage: StageRef | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET


class DealUpsert(DealFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A deal by its external id: a new one needs a title, a known one takes what is given."""

    pipeline: StageRef | UnsetType = UNSET
    stage: StageRef | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET


class DealFilters(CardFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the list of deals."""

    win_back_of: Id | None = None
