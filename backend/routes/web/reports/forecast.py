"""What will come in, by month and currency."""

from decimal import Decimal
from typing import Any

from backend.db.session import Unit
from backend.domain.funnels.outlook import queries
from backend.domain.funnels.outlook.schemas import (
    Expected,
    Forecast,
    ForecastCardFilters,
    ForecastFilters,
    Takings,
)
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.beside import COMPARE, PERIOD, period, whole
from backend.routes.web.reports.page import Pile, Report, always, gathered
from backend.routes.web.reports.period import ALL
from backend.routes.web.reports.sheet import Cell, Kind, Sheet, Table, pieces
from backend.routes.web.words import N_

HEADS: tuple[tuple[str, Kind], ...] = (
    (N_("Month"), "month"), ("", "bar"), (N_("Currency"), "text"), (N_("Cards"), "count"),
    (N_("Amount"), "money"), (N_("Weighted"), "money"), (N_("Waiting"), "count"),
    (N_("Amount waiting"), "money"), (N_("Overdue"), "text"),
)  # fmt: skip

BESIDE: tuple[tuple[str, Kind], ...] = (
    PERIOD, (N_("Currency"), "text"), (N_("Won"), "count"), (N_("Amount won"), "money"),
    (N_("Weighted"), "money"), (N_("Together"), "money"),
)  # fmt: skip


async def make(tx: Unit, asked: Asked) -> Sheet:
    """The forecast as REST has it; bars of one currency are told by one measure."""
    found = await queries.forecast(tx, asked.viewer, asked.filters)
    largest: dict[str, float] = {}
    for one in found.items:
        largest[one.currency] = max(float(one.amount), largest.get(one.currency, 0.0))
    table = Table(
        asked.say(N_("By the month in which cards are to close")),
        asked.columns(HEADS),
        [_row(one, asked, largest[one.currency]) for one in found.items], is_main=True,
        legend=[("c1", asked.say(N_("weighted"))), ("c3", asked.say(N_("the rest of the amount")))],
        empty=asked.say(N_("No open card is expected to close.")),
    )  # fmt: skip
    return Sheet(pipeline=found.pipeline, scope=found.scope, tables=[table, *_before(found, asked)])


def _row(one: Expected, asked: Asked, largest: float) -> list[Cell]:
    rest = float(one.amount) - float(one.weighted)
    month = one.month or "none"
    to = asked.cards(month=month, currency=one.currency)
    later = asked.cards(month=month, currency=one.currency, which="waiting")
    return [
        Cell(one.month), Cell(pieces((one.weighted, "c1"), (rest, "c3"), whole=largest)),
        Cell(one.currency), Cell(one.cards, to if one.cards else None),
        *(Cell(sum_, to if one.cards else None, unit=one.currency)
          for sum_ in (one.amount, one.weighted)),
        Cell(one.waiting_cards, later if one.waiting_cards else None),
        Cell(one.waiting_amount, later if one.waiting_cards else None, unit=one.currency),
        Cell(asked.say(N_("overdue")) if one.overdue else "", tone="bad"),
    ]  # fmt: skip


def _before(found: Forecast, asked: Asked) -> list[Table]:
    """What the period has brought and is expected to bring, beside what the one before brought."""
    if found.won is None or found.previous is None:
        return []
    expected: dict[str, Decimal] = {}
    for one in found.items:
        sum_ = expected.get(one.currency, Decimal(0))
        expected[one.currency] = sum_ + Decimal(one.weighted)
    known = {each.currency for told in (found.won, found.previous) for each in told.items}
    rows = [
        _taken(told, currency, more, asked)
        for currency in sorted({*known, *expected})
        for told, more in (
            (found.won, expected.get(currency, Decimal(0))), (found.previous, None)
        )
    ]  # fmt: skip
    return [Table(asked.say(N_("Beside the period before")), asked.columns(BESIDE), rows)]


def _taken(told: Takings, currency: str, more: Decimal | None, asked: Asked) -> list[Cell]:
    """A currency of a period; of one that is over nothing more is expected."""
    won = next((one for one in told.items if one.currency == currency), None)
    amount = Decimal(won.amount if won else 0)
    where: dict[str, Any] = {**period(told), "currency": currency}
    to = asked.cards(**where, which="won") if won else None
    coming = asked.cards(**where) if more else None
    return [
        Cell(asked.days(told.start, told.end)), Cell(currency), Cell(won.cards if won else 0, to),
        Cell(amount, to, unit=currency), Cell(more, coming, unit=currency),
        Cell(amount + (more or 0), unit=currency),
    ]  # fmt: skip


FORECAST = Report(
    name="forecast",
    title=N_("Forecast"),
    about=N_("What will come in, weighted by how likely it is"),
    filters=ForecastFilters,
    make=make,
    usual=always(ALL),
    dates=("from", "to"),
    pile=Pile(
        ForecastCardFilters, gathered(queries.card_ids), "which",
        {
            "open": N_("Expected to close"), "waiting": N_("Waiting for their date"),
            "won": N_("Won"),
        },
    ),
    choices=(COMPARE,),
    settled=whole,
)  # fmt: skip
