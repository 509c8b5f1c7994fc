"""The company's settings as the outside sees and writes them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.calendar import PERIOD
from backend.domain.consumption import Consumption, ConsumptionFields

Locale = Literal["ru", "en"]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
PeriodText = Annotated[str, Meta(pattern=PERIOD, max_length=8, examples=["P14D"])]
Category = Annotated[str, Meta(min_length=1, max_length=128)]
Line = Annotated[str, Meta(max_length=255)]
DayOff = Annotated[
    str, Meta(pattern=r"^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$", examples=["05-09", "2027-05-10"])
]
Number = Annotated[str, Meta(max_length=34, pattern=r"^[0-9A-Za-z ./-]*$")]


class Details(Struct, frozen=True, kw_only=True):
    """What stands about us on offers and invoices."""

    inn: str | None = None
    kpp: str | None = None
    ogrn: str | None = None
    address: str | None = None
    bank: str | None = None
    bik: str | None = None
    account: str | None = None
    corr_account: str | None = None
    director: str | None = None
    chief_accountant: str | None = None


class DetailsFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The details to be written; null takes one away."""

    inn: Number | None | UnsetType = UNSET
    kpp: Number | None | UnsetType = UNSET
    ogrn: Number | None | UnsetType = UNSET
    address: Line | None | UnsetType = UNSET
    bank: Line | None | UnsetType = UNSET
    bik: Number | None | UnsetType = UNSET
    account: Number | None | UnsetType = UNSET
    corr_account: Number | None | UnsetType = UNSET
    director: Line | None | UnsetType = UNSET
    chief_accountant: Line | None | UnsetType = UNSET


class Settings(Struct, frozen=True, kw_only=True):
    """What holds for the whole company; lead times and approval are settings of pipelines.

    `discount_limit` is what sellers may give by themselves, `margin_floor` what an offer has to
    leave, both in per cent. A renewal won more than `grace_days` late asks for its next date.

    Saturdays, Sundays and `days_off` are not worked (`05-09`: of each year), `working_days` are in
    spite of that. The calendar moves the due dates of tasks, never a renewal's activation.
    `consumption` is how fast the products of a category are used up, where a client's is not known.
    """

    name: str
    time_zone: str
    currency: str
    locale: Locale
    week_start: int
    sweep_hour: int
    grace_days: int
    offer_validity: str
    discount_limit: str
    margin_floor: str
    details: Details
    days_off: list[str]
    working_days: list[date]
    consumption: dict[str, Consumption]
    version: int
    updated_at: datetime


class SettingsFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings to be written; only the given ones are, and hold from then on.

    Another currency is what new records have; those there are keep theirs. A category whose
    consumption is null is forgotten.
    """

    name: Line | UnsetType = UNSET
    time_zone: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    week_start: Annotated[int, Meta(ge=1, le=7)] | UnsetType = UNSET
    sweep_hour: Annotated[int, Meta(ge=0, le=23)] | UnsetType = UNSET
    grace_days: Annotated[int, Meta(ge=0, le=366)] | UnsetType = UNSET
    offer_validity: PeriodText | UnsetType = UNSET
    discount_limit: Decimal | UnsetType = UNSET
    margin_floor: Decimal | UnsetType = UNSET
    details: DetailsFields | UnsetType = UNSET
    days_off: Annotated[list[DayOff], Meta(max_length=1000)] | UnsetType = UNSET
    working_days: Annotated[list[date], Meta(max_length=1000)] | UnsetType = UNSET
    consumption: dict[Category, ConsumptionFields | None] | UnsetType = UNSET
