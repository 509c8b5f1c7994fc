"""What will come in, by month and currency."""

from backend.db.session import Unit
from backend.domain.funnels.outlook import queries
from backend.domain.funnels.outlook.schemas import (
    Expected,
    ForecastCardFilters,
    ForecastFilters,
)
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.page import Pile, Report, always, gathered
from backend.routes.web.reports.period import ALL
from backend.routes.web.reports.sheet import Cell, Kind, Sheet, Table, pieces
from backend.routes.web.words import N_

HEADS: tuple[tuple[str, Kind], ...] = (
    (N_("Month"), "month"), ("", "bar"), (N_("Currency"), "text"), (N_("Cards"), "count"),
    (N_("Amount"), "money"), (N_("Weighted"), "money"), (N_("Waiting"), "count"),
    (N_("Amount waiting"), "money"), (N_("Overdue"), "text"),
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
    return Sheet(pipeline=found.pipeline, scope=found.scope, tables=[table])


def _row(one: Expected, asked: Asked, largest: float) -> list[Cell]:
    rest = float(one.amount) - float(one.weighted)
    month = one.month or "none"
    to = asked.cards(month=month, currency=one.currency)
    later = asked.cards(month=month, currency=one.currency, waiting=True)
    return [
        Cell(one.month), Cell(pieces((one.weighted, "c1"), (rest, "c3"), whole=largest)),
        Cell(one.currency), Cell(one.cards, to if one.cards else None),
        Cell(one.amount, unit=one.currency), Cell(one.weighted, unit=one.currency),
        Cell(one.waiting_cards, later if one.waiting_cards else None),
        Cell(one.waiting_amount, unit=one.currency),
        Cell(asked.say(N_("overdue")) if one.overdue else "", tone="bad"),
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
        ForecastCardFilters, gathered(queries.card_ids), "waiting",
        {False: N_("Expected to close"), True: N_("Waiting for their date")},
    ),
)  # fmt: skip
