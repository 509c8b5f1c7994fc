"""Products as the outside sees and writes them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.calendar import PERIOD
from backend.domain.consumption import Consumption, ConsumptionFields
from backend.reading import sorted_by

Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
Word = Annotated[str, Meta(max_length=64)]
Line = Annotated[str, Meta(max_length=128)]
ExternalId = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"\S")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
PeriodText = Annotated[str, Meta(pattern=PERIOD, examples=["P1M", "P1Y"])]
Instant = Annotated[datetime, Meta(tz=True)]
Replenishment = Literal["none", "fixed_term", "consumption"]


class Product(Struct, frozen=True, kw_only=True):
    """What is sold; one that is replenished by term or consumption renews.

    `lead_time` holds for the renewals of its agreements unless these have their own;
    `consumption` is how fast it is used up where neither the client's nor its category's is known.
    Without `vat_rate` there is no VAT on it.
    """

    id: int
    external_id: str | None
    name: str
    sku: str | None
    category: str | None
    unit: str | None
    price: str | None
    cost: str | None
    currency: str
    vat_rate: str | None
    stock: str | None
    replenishment: Replenishment
    period: str | None
    lead_time: str | None
    consumption: Consumption | None
    archived: bool
    custom: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class Products(Struct, frozen=True, kw_only=True):
    """A page of products."""

    items: list[Product]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class ProductFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a product; only the given ones are written."""

    name: Name | UnsetType = UNSET
    sku: Word | UnsetType | None = UNSET
    category: Line | UnsetType | None = UNSET
    unit: Annotated[str, Meta(max_length=32)] | UnsetType | None = UNSET
    price: Decimal | UnsetType | None = UNSET
    cost: Decimal | UnsetType | None = UNSET
    currency: Currency | UnsetType = UNSET
    vat_rate: Decimal | UnsetType | None = UNSET
    stock: Decimal | UnsetType | None = UNSET
    replenishment: Replenishment | UnsetType = UNSET
    period: PeriodText | UnsetType | None = UNSET
    lead_time: PeriodText | UnsetType | None = UNSET
    consumption: ConsumptionFields | UnsetType | None = UNSET
    archived: bool | UnsetType = UNSET
    external_id: ExternalId | UnsetType | None = UNSET
    custom: dict[Word, str | int | float | bool | None] | UnsetType = UNSET


class ProductCreate(ProductFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new product, in the company's currency unless another is given."""

    name: Name


class ProductFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the list of products; `q` looks into name and SKU."""

    q: Annotated[str, Meta(max_length=200)] | None = None
    sku: Word | None = None
    category: Line | None = None
    replenishment: Replenishment | None = None
    archived: bool | None = None
    external_id: Annotated[str, Meta(max_length=128)] | None = None
    updated_since: Instant | None = None
    sort: Annotated[str, sorted_by("id", "name", "price", "created_at", "updated_at")] = "id"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False
