"""The company's own settings."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from litestar import Response, Router, get, post
from msgspec import Meta, Struct

from backend.domain.company import actions, queries
from backend.domain.company.schemas import (
    Currency,
    DayOff,
    DetailsFields,
    Line,
    Locale,
    Number,
    PeriodText,
    SettingsFields,
)
from backend.routes.web.view import ViewDep
from backend.routes.web.words import N_

PAGE = "/settings/company"
DETAILS = {
    "inn": N_("INN"), "kpp": N_("KPP"), "ogrn": N_("OGRN"), "address": N_("Address"),
    "bank": N_("Bank"), "bik": N_("BIK"), "account": N_("Account"),
    "corr_account": N_("Correspondent account"), "director": N_("Director"),
    "chief_accountant": N_("Chief accountant"),
}  # fmt: skip


class CompanyForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of the company; days off come one by one."""

    version: int
    name: Line = ""
    time_zone: Annotated[str, Meta(max_length=64)]
    currency: Currency
    locale: Locale
    week_start: Annotated[int, Meta(ge=1, le=7)]
    sweep_hour: Annotated[int, Meta(ge=0, le=23)]
    grace_days: Annotated[int, Meta(ge=0, le=366)]
    offer_validity: PeriodText
    discount_limit: Decimal
    margin_floor: Decimal
    days_off: Annotated[list[DayOff], Meta(max_length=1000)] = []
    working_days: Annotated[list[date], Meta(max_length=1000)] = []
    inn: Number | None = None
    kpp: Number | None = None
    ogrn: Number | None = None
    address: Line | None = None
    bank: Line | None = None
    bik: Number | None = None
    account: Number | None = None
    corr_account: Number | None = None
    director: Line | None = None
    chief_accountant: Line | None = None

    def fields(self) -> SettingsFields:
        own = {
            name: getattr(self, name)
            for name in self.__struct_fields__
            if name != "version" and name not in DETAILS
        }
        details = DetailsFields(**{name: getattr(self, name) for name in DETAILS})
        return SettingsFields(**own, details=details)


@get(PAGE)
async def page(view: ViewDep) -> Response[Any]:
    found = await view.read(queries.settings)
    return view.page("settings/company.html", company=found, details=DETAILS)


@post(PAGE)
async def edit(view: ViewDep) -> Response[Any]:
    form = await view.form(CompanyForm)
    await view.change(lambda tx: actions.edit(tx, view.viewer, form.fields(), form.version))
    return view.to(PAGE, view.gettext("Saved"))


router = Router("/", route_handlers=[page, edit])
