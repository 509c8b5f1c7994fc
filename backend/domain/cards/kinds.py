"""What the common code must know of a kind of card."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import UNSET
from sqlalchemy import Table

from backend.db.models import card, deal, lead, offer, renewal
from backend.domain.calendar import in_utc
from backend.domain.cards.schemas import CardFields
from backend.domain.money import convert_digits, digits, minor, scaled
from backend.domain.texts import written_over

COLUMNS = {table.name: {*card.c.keys(), *table.c.keys()} for table in (lead, offer, deal, renewal)}


LOOKED_UP = {
    "name", "replenishment", "period", "cost", "cost_currency", "category", "product_consumption",
    "product_consumption_per",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind: its table, its writable fields, the columns that hold money or percentages."""

    name: str
    table: Table
    fields: type
    money: frozenset[str] = frozenset({"amount", "competitor_price"})
    percent: frozenset[str] = frozenset()
    thousandths: frozenset[str] = frozenset()
    reopens: bool = True


@dataclass(slots=True)
class Written:
    """Fields made ready for the database: columns of the card, of its kind, and whole lines."""

    card: dict[str, Any] = field(default_factory=dict)
    special: dict[str, Any] = field(default_factory=dict)
    lines: list[dict[str, Any]] | None = None
    lines_before: list[dict[str, Any]] | None = None

    def plain_lines(self) -> list[dict[str, Any]]:
        """The lines as they are stored, without what was looked up to write them."""
        return [{k: v for k, v in line.items() if k not in LOOKED_UP} for line in self.lines or ()]

    def over(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row as it will be."""
        return {**row, **self.card, **self.special}


def ready(kind: Kind, fields: CardFields, row: Mapping[str, Any]) -> Written:
    """Given fields as columns: money in minor units of the card's currency, texts trimmed.

    `row` holds the present values, or the defaults of a new card; BadRequest names the field.
    """
    given = {
        name: getattr(fields, name)
        for name in fields.__struct_fields__
        if name in COLUMNS[kind.name] and getattr(fields, name) is not UNSET
    }
    currency = given.get("currency", row["currency"])
    digits(currency)
    values = {name: _stored(kind, name, value, currency) for name, value in given.items()}
    if currency != row["currency"]:
        kept = (name for name in kind.money - values.keys() if row.get(name) is not None)
        values |= {name: convert_digits(row[name], row["currency"], currency) for name in kept}
    if "custom" in values:
        values["custom"] = written_over(row.get("custom", {}), values["custom"])
    return Written(
        card={name: value for name, value in values.items() if name in card.c},
        special={name: value for name, value in values.items() if name not in card.c},
    )


def _stored(kind: Kind, name: str, value: Any, currency: str) -> Any:
    if isinstance(value, Decimal) and name in kind.money:
        return minor(value, currency, f"/{name}")
    if isinstance(value, Decimal):
        return scaled(value, 3 if name in kind.thousandths else 2, f"/{name}")
    if isinstance(value, datetime):
        return in_utc(value, f"/{name}")
    return (value.strip() or None) if isinstance(value, str) else value
