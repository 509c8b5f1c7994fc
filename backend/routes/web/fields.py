"""The fields of a card that are edited where they stand: how they are called and typed."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from backend.domain.access import Viewer
from backend.errors import BadRequest
from backend.reading import converted
from backend.routes.web.words import N_, SOURCES

PERIODS = {
    "P1W": N_("a week"), "P2W": N_("two weeks"), "P1M": N_("a month"), "P3M": N_("a quarter"),
    "P6M": N_("half a year"), "P1Y": N_("a year"), "P2Y": N_("two years"),
}  # fmt: skip
TEMPERATURES = {"cold": N_("cold"), "warm": N_("warm"), "hot": N_("hot")}


class Field(NamedTuple):
    """A field: its name, its label, its type of input, what a choice offers."""

    name: str
    label: str
    type: str = "text"
    options: Mapping[str, str] = {}
    required: bool = False


TITLE = Field("title", N_("What it is about"), required=True)
AMOUNT = Field("amount", N_("Amount"), "money")
NEXT_CONTACT = Field("next_contact_at", N_("Next contact"), "moment")
SOURCE = Field("source", N_("Source"), "choice", SOURCES)
FIELDS: dict[str, tuple[Field, ...]] = {
    "lead": (
        Field("contact_name", N_("Contact")),
        Field("company_name", N_("Company")),
        Field("phone", N_("Phone"), "tel"),
        Field("email", N_("E-mail"), "email"),
        Field("need", N_("What they need"), "textarea"),
        Field("budget", N_("Budget"), "money"),
        Field("temperature", N_("Interest"), "choice", TEMPERATURES),
        NEXT_CONTACT, SOURCE,
    ),
    "offer": (
        Field("valid_until", N_("Good until"), "date"),
        Field("discount_percent", N_("Discount"), "decimal"),
        Field("payment_terms", N_("Payment terms"), "textarea"),
        Field("delivery_days", N_("Delivery, days"), "number"),
        Field("special_terms", N_("Special terms"), "textarea"),
        NEXT_CONTACT, SOURCE,
    ),
    "deal": (
        Field("expected_close_on", N_("Expected to close"), "date"),
        Field("renewal_date", N_("To be renewed on"), "date"),
        Field("renewal_period", N_("Renewed every"), "choice", PERIODS),
        NEXT_CONTACT, SOURCE,
    ),
    "renewal": (
        Field("lead_time", N_("Comes into work before"), "choice", PERIODS),
        NEXT_CONTACT, SOURCE,
    ),
    "client": (
        Field("name", N_("Client's name"), required=True),
        Field("phone", N_("Phone"), "tel"),
        Field("email", N_("E-mail"), "email"),
        Field("tax_id", N_("Tax number")),
        SOURCE, NEXT_CONTACT,
        Field("credit_limit", N_("Credit limit"), "money"),
        Field("discount_cap", N_("Greatest discount"), "decimal"),
        Field("special_terms", N_("Special terms"), "textarea"),
    ),
}  # fmt: skip


LABELS = {
    **{one.name: one.label for own in FIELDS.values() for one in own},
    **{one.name: one.label for one in (TITLE, AMOUNT)},
    "currency": N_("Currency"), "client_id": N_("Client"), "contact_id": N_("Contact"),
    "lines": N_("Lines"), "product_lines": N_("Products"), "probability": N_("Probability"),
    "one_off": N_("One-off sale"), "approval_status": N_("Approval"),
    "competitor": N_("Competitor"), "competitor_price": N_("Competitor's price"),
    "win_back_of": N_("Wins back"),
    "start_on": N_("Starts on"), "activates_on": N_("Comes into work on"),
    "external_id": N_("External id"), "custom": N_("Own fields"),
}  # fmt: skip


def field_of(kind: str, name: str) -> Field | None:
    """A field of a kind by its name."""
    above = {"offer": (TITLE,), "client": ()}.get(kind, (TITLE, AMOUNT))
    return next((one for one in (*above, *FIELDS[kind]) if one.name == name), None)


def typed(viewer: Viewer, struct: type[Any], field: Field, text: str | None) -> Any:
    """What was typed, as the struct of a kind's fields; BadRequest."""
    value = None if text is None else text.strip() or None
    if value is not None and field.type in ("money", "decimal"):
        value = bare(value)
    if value is not None and field.type == "moment":
        value = _morning(value, viewer.company.time_zone)
    return converted({field.name: value}, struct)


def bare(number: str) -> str:
    """`1200.50` of `1 200,50`."""
    return re.sub(r"\s", "", number).replace(",", ".")


def _morning(day: str, zone: str) -> str:
    """A day stands for the beginning of its working hours."""
    try:
        return datetime.combine(date.fromisoformat(day), time(9), ZoneInfo(zone)).isoformat()
    except ValueError:
        raise BadRequest("A day is needed, like 2026-03-10") from None
