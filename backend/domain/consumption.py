"""How long a quantity lasts: by what is said to be used up, from the third purchase by what was."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil
from statistics import median
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, to_builtins

from backend.domain.calendar import PERIOD, Period, demand_span, shift
from backend.domain.money import scaled, unscaled
from backend.errors import NotAcceptable, pointed

LEARNED_FROM = 3  # purchases: two intervals between them
LONGEST = 9999  # days of a period
PLACES = 3  # of a quantity

Known = Literal["line", "client", "category", "product"]
Source = Known | Literal["purchases"]


class Consumption(Struct, frozen=True):
    """How much of a product is used up within a period."""

    quantity: str
    per: str


class ConsumptionFields(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of a product is used up within a period: 50 in P1M."""

    quantity: Decimal
    per: Annotated[str, Meta(pattern=PERIOD, max_length=8, examples=["P1M"])]


class Rate(Struct, frozen=True):
    """A consumption as it is reckoned with: thousandths of a unit per period."""

    quantity: int
    per: Period


class Purchase(Struct, frozen=True):
    """What a client bought of a product on a day, in thousandths of a unit."""

    day: date
    quantity: int


class Habit(Struct, frozen=True):
    """What is known of how a client uses up a product; `purchases` are those made so far."""

    rate: Rate | None = None
    source: Known | None = None
    purchases: tuple[Purchase, ...] = ()


class RunOut(Struct, frozen=True, kw_only=True):
    """When a quantity runs out, and what that rests on.

    From the third purchase on it is `learned` from the intervals between them, give or take the
    spread; till then it is what `source` says is used up.
    """

    counted_from: date
    run_out: date
    quantity: str
    learned: bool
    source: Source
    consumption: Consumption | None
    purchases: int
    spread_days: int


class Basis(Struct, frozen=True):
    """How the date of a term came about, and how sure it is."""

    source: Literal["manual", "period", "consumption"]
    quantity: int | None = None
    forecast: RunOut | None = None

    def columns(self) -> dict[str, Any]:
        """As the columns of a renewal."""
        return {
            "date_source": self.source,
            "quantity": self.quantity,
            "forecast": to_builtins(self.forecast),
            "spread_days": 0 if self.forecast is None else self.forecast.spread_days,
        }


BY_HAND, BY_PERIOD = Basis("manual"), Basis("period")


def lasting(habit: Habit, quantity: int, bought: date, start: date) -> RunOut | None:
    """How long a quantity bought on a day lasts from `start`; None where nothing is known.

    Whole periods and the remaining days, rounded down, and a day at least.
    """
    history = _by_day([*habit.purchases, Purchase(bought, quantity)])
    pace, spread = _learned(history, quantity)
    source: Source
    if pace is not None:
        days, source = max(int(pace * quantity), 1), "purchases"
        run_out = shift(start, Period(_countable(days), "D"))
    elif habit.rate is not None and habit.source is not None:
        run_out, source = _run_out(start, quantity, habit.rate), habit.source
    else:
        return None
    stated = None if habit.rate is None else shown(habit.rate.quantity, str(habit.rate.per))
    return RunOut(
        counted_from=start, run_out=run_out, quantity=unscaled(quantity, PLACES),
        learned=pace is not None, source=source, consumption=stated, purchases=len(history),
        spread_days=spread,
    )  # fmt: skip


def period_of(forecast: RunOut) -> str:
    """A forecast's term as a period: whole months where it is made of them, else days."""
    start, end = forecast.counted_from, forecast.run_out
    months = (end.year - start.year) * 12 + end.month - start.month
    if 0 < months <= LONGEST and shift(start, Period(months, "M")) == end:
        return f"P{months}M"
    return f"P{_countable((end - start).days)}D"


def _learned(history: Sequence[Purchase], quantity: int) -> tuple[Fraction | None, int]:
    """Days that a thousandth lasts, and by how many days a quantity of them misses it.

    The median over the intervals between purchases, each for what was bought at its beginning.
    """
    if len(history) < LEARNED_FROM:
        return None, 0
    paces = [
        Fraction((after.day - before.day).days, before.quantity)
        for before, after in pairwise(history)
    ]
    middle = median(paces)
    spread = median([abs(pace - middle) for pace in paces])
    return middle, ceil(spread * quantity)


def _by_day(purchases: Sequence[Purchase]) -> list[Purchase]:
    """Purchases in order; what was bought on one day is one."""
    found: dict[date, int] = {}
    for one in sorted(purchases, key=lambda one: one.day):
        found[one.day] = found.get(one.day, 0) + one.quantity
    return [Purchase(day, quantity) for day, quantity in found.items()]


def _run_out(start: date, quantity: int, rate: Rate) -> date:
    whole, rest = divmod(quantity, rate.quantity)
    reached = shift(start, rate.per, whole)
    span = (shift(start, rate.per, whole + 1) - reached).days
    return max(
        shift(reached, Period(rest * span // rate.quantity, "D")), shift(start, Period(1, "D"))
    )


def _countable(days: int) -> int:
    if days > LONGEST:
        raise NotAcceptable(
            f"This would last {days} days by its consumption; give its renewal date yourself"
        )
    return days


def rate(quantity: int | None, per: str | None) -> Rate | None:
    """A consumption from its two columns."""
    return None if quantity is None or per is None else Rate(quantity, Period.parse(per))


def shown(quantity: int | None, per: str | None) -> Consumption | None:
    """A consumption from its two columns as the outside sees it."""
    if quantity is None or per is None:
        return None
    return Consumption(unscaled(quantity, PLACES), per)


def columns(given: ConsumptionFields | None, pointer: str = "/consumption") -> dict[str, Any]:
    """A consumption as its two columns; BadRequest where it is none."""
    if given is None:
        return {"consumption": None, "consumption_per": None}
    quantity = scaled(given.quantity, PLACES, f"{pointer}/quantity")
    if quantity <= 0:
        raise pointed("a consumption must be more than 0", f"{pointer}/quantity")
    demand_span(given.per, f"{pointer}/per")
    return {"consumption": quantity, "consumption_per": given.per}
