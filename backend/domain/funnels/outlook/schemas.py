"""What will come in, as the outside sees it."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from backend.domain.funnels.schemas import Code, ComparedFilters, Money, Month
from backend.domain.widths import Width


class ForecastFilters(ComparedFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which pipeline; the period is that of the expected closing.

    `compare` adds what was won in the period so far, and in the one before.
    """


class ForecastCardFilters(ForecastFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cards of which number: of a month (`none` for those without a day), in a currency, open
    ones, those that wait still, or those that were won in the period."""

    month: Annotated[str, Meta(pattern=r"^([0-9]{4}-[0-9]{2}|none)$")] | None = None
    currency: Code | None = None
    which: Literal["open", "waiting", "won"] = "open"


class Expected(Struct, frozen=True, kw_only=True):
    """What is expected of a month in a currency: open cards, and apart those that wait still.

    Without a month are the cards of which no day is known. `overdue` months are over.
    """

    month: Month | None
    currency: str
    cards: int
    amount: Money
    weighted: Money
    waiting_cards: int
    waiting_amount: Money
    overdue: bool


class Won(Struct, frozen=True, kw_only=True):
    """What was won in a currency."""

    currency: str
    cards: int
    amount: Money


class Takings(Struct, frozen=True, kw_only=True):
    """What was won in a period."""

    start: date | None = field(name="from")
    end: date | None = field(name="to")
    items: list[Won]


class Forecast(Struct, frozen=True, kw_only=True):
    """Open cards by the month in which they are expected to close, weighted by probability.

    A renewal is weighted with what its last term brought. `won` is what the period has brought so
    far, `previous` what the one before did; both are null unless they are asked for.
    """

    pipeline: str
    start: date | None = field(name="from")
    end: date | None = field(name="to")
    as_of: datetime
    scope: Width
    items: list[Expected]
    won: Takings | None
    previous: Takings | None
