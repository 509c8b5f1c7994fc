"""Churn: which clients left, why, and what they paid a year."""

from calendar import monthrange
from datetime import date
from typing import Any

from backend.db.session import Unit
from backend.domain.retention.churn import queries
from backend.domain.retention.churn.schemas import (
    ChurnCardFilters,
    ChurnFigures,
    ChurnFilters,
    ChurnGroup,
    ChurnReport,
)
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.beside import COMPARE, PERIOD, beside, period
from backend.routes.web.reports.page import Choice, Pile, Report, always, gathered
from backend.routes.web.reports.period import ENDED, TWELVE
from backend.routes.web.reports.sheet import Cell, Fact, Kind, Sheet, Stat, Table, pieces
from backend.routes.web.words import N_

GROUPS: dict[str, tuple[str, Kind]] = {
    "month": (N_("Month"), "month"), "segment": (N_("Segment"), "text"),
    "owner": (N_("Manager"), "text"),
}  # fmt: skip
LEFT = (
    ("churned_of_clients", N_("Of them left")), ("churned", N_("Left in all")),
    ("stopped", N_("Stopped using it")),
    ("competitor", N_("Went to a competitor")), ("returned", N_("Came back")),
)  # fmt: skip
TOLD = ("churned_of_clients", "churned", "returned")  # also where nobody did
BEFORE = N_("Clients at the start")
LOST = ("lost", N_("Lost a year"))


async def make(tx: Unit, asked: Asked) -> Sheet:
    """The report as REST has it, drawn; beside the period before where that is asked for."""
    found = await queries.churn(tx, asked.viewer, asked.filters)
    whole = period(found)
    return Sheet(
        pipeline=found.pipeline, scope=found.scope, drawing=_drawing(found, asked),
        facts=[
            Fact(asked.within(BEFORE), "count", Cell(found.clients)),
            *(
                Fact(asked.within(label), "count", _left(found, name, asked, whole))
                for name, label in LEFT
                if getattr(found, name) or name in TOLD
            ),
        ],
        stats=[_rate(found, asked), _money(found, asked)],
        said=[asked.rest(one) for one in found.others],
        tables=[_figures(found, asked), *beside(found, asked, _heads(PERIOD), _row)],
    )  # fmt: skip


def _left(one: ChurnFigures, name: str, asked: Asked, where: dict[str, Any]) -> Cell:
    many = getattr(one, name)
    return Cell(many, asked.cards(which=name, **where) if many else None)


def _named(one: ChurnGroup, found: ChurnReport, asked: Asked) -> tuple[Cell, dict[str, Any]]:
    """What a group is called, and which cards are its own."""
    if found.group_by == "owner":
        return Cell(one.owner_name), {"owner_id": one.owner_id}
    if one.month is not None:
        return Cell(one.month), _month(one.month, found)
    if one.segment is None:
        return Cell(asked.say(N_("Without a segment"))), {"no_segment": "true"}
    return Cell(one.segment), {"segment": one.segment}


def _month(month: str, found: ChurnReport) -> dict[str, date]:
    """The days of a month, within those of the report."""
    first = date.fromisoformat(f"{month}-01")
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return {"from": max(first, found.start or first), "to": min(last, found.end or last)}


def _drawing(found: ChurnReport, asked: Asked) -> Table:
    """A bar for each group, as long as those who left, in parts of where they went."""
    whole = max((one.churned for one in found.items), default=0)
    rows = []
    for one in found.items:
        name, where = _named(one, found, asked)
        others = max(one.churned - one.stopped - one.competitor, 0)
        bar = pieces((one.stopped, "c1"), (one.competitor, "c2"), (others, "c4"), whole=whole)
        rows.append([
            name, Cell(bar), _left(one, "churned", asked, where), Cell(one.churn_rate),
            Cell(one.revenue_churn_rate),
        ])  # fmt: skip
    heads: list[tuple[str, Kind]] = [
        GROUPS[found.group_by], ("", "bar"), (N_("Left in all"), "count"),
        (N_("Churn of clients"), "share"), (N_("Churn of money"), "share"),
    ]  # fmt: skip
    return Table(
        asked.say(N_("Clients who left")), asked.columns(heads), rows,
        note=asked.say(N_(
            "by the day on which their last term ended; the churn is of those there at the start"
        )),
        legend=[
            ("c1", asked.say(N_("Stopped using it"))),
            ("c2", asked.say(N_("Went to a competitor"))),
            ("c4", asked.say(N_("Nobody knows where"))),
        ],
        empty=asked.say(N_("Nobody held anything that renews, and nobody left.")),
    )  # fmt: skip


def _rate(found: ChurnReport, asked: Asked) -> Stat:
    then = None if found.previous is None else found.previous.churn_rate
    words = asked.say(
        N_("There at the start: %(clients)s, of them left: %(gone)s. Came back: %(back)s."),
        clients=asked.number(found.clients), gone=asked.number(found.churned_of_clients),
        back=asked.number(found.returned),
    )  # fmt: skip
    if found.churned > found.churned_of_clients:
        others = N_("Left in all: %(left)s, with those who came after the start.")
        words = f"{words} {asked.say(others, left=asked.number(found.churned))}"
    head = asked.share(found.churn_rate)
    return Stat(
        asked.say(N_("Churn of clients")),
        head,
        words,
        *asked.against(found.churn_rate, then, "bad"),
    )


def _money(found: ChurnReport, asked: Asked) -> Stat:
    then = None if found.previous is None else found.previous.revenue_churn_rate
    words = asked.say(
        N_("%(lost)s of the %(revenue)s that agreements brought a year."),
        lost=asked.money(found.lost_revenue, found.currency),
        revenue=asked.money(found.revenue, found.currency),
    )  # fmt: skip
    rate = found.revenue_churn_rate
    tag = asked.against(rate, then, "bad")
    return Stat(asked.say(N_("Churn of money")), asked.share(rate), words, *tag)


def _heads(first: tuple[str, Kind]) -> list[tuple[str, Kind]]:
    return [
        first, (BEFORE, "count"), *((label, "count") for _, label in LEFT),
        (N_("Churn of clients"), "share"), (N_("Revenue a year"), "money"), (LOST[1], "money"),
        (N_("Churn of money"), "share"),
    ]  # fmt: skip


def _row(name: Cell, one: ChurnFigures, asked: Asked, currency: str, where: Any) -> list[Cell]:
    lost = asked.cards(which="lost", **where) if float(one.lost_revenue) else None
    return [
        name, Cell(one.clients), *(_left(one, each, asked, where) for each, _ in LEFT),
        Cell(one.churn_rate), Cell(one.revenue, unit=currency),
        Cell(one.lost_revenue, lost, unit=currency), Cell(one.revenue_churn_rate),
    ]  # fmt: skip


def _figures(found: ChurnReport, asked: Asked) -> Table:
    rows = []
    for one in found.items:
        name, where = _named(one, found, asked)
        rows.append(_row(name, one, asked, found.currency, where))
    columns = asked.columns(_heads(GROUPS[found.group_by]))
    return Table(asked.say(N_("All the figures")), columns, rows, is_main=True)


CHURN = Report(
    name="churn",
    title=N_("Churn"),
    about=N_("Which clients left and why, and what they paid a year"),
    filters=ChurnFilters,
    make=make,
    usual=always(TWELVE),
    periods=ENDED,
    kind="renewal",
    dates=("from", "to"),
    pile=Pile(
        ChurnCardFilters, gathered(queries.card_ids), "which", dict((*LEFT, LOST))
    ),
    choices=(
        Choice("group_by", N_("Side by side"), (
            ("month", N_("By month")), ("segment", N_("By segment")),
            ("owner", N_("By manager")),
        )),
        COMPARE,
    ),
)  # fmt: skip
