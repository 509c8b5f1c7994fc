"""Renewals: what became of those that fell due, and of the money behind them."""

from typing import Any

from backend.db.session import Unit
from backend.domain.retention import queries
from backend.domain.retention.schemas import (
    RenewalCardFilters,
    RenewalFigures,
    RenewalGroup,
    RenewalReport,
    RenewalReportFilters,
)
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.beside import COMPARE, PERIOD, beside
from backend.routes.web.reports.page import Choice, Pile, Report, always, gathered
from backend.routes.web.reports.period import ENDED, TWELVE
from backend.routes.web.reports.sheet import Cell, Fact, Kind, Sheet, Stat, Table, pieces
from backend.routes.web.words import N_

GROUPS: dict[str, tuple[str, Kind]] = {
    "month": (N_("Month"), "month"), "owner": (N_("Manager"), "text"),
}  # fmt: skip
COUNTS = (
    ("due", N_("Fell due")), ("on_time", N_("On time")), ("late", N_("Late")),
    ("win_back", N_("After the grace days")), ("lost", N_("Lost")), ("overdue", N_("Overdue")),
    ("pending", N_("Not due yet")), ("cancelled", N_("By mistake")), ("returned", N_("Came back")),
)  # fmt: skip
RATES = (
    ("renewal_rate", N_("Renewal rate")), ("on_time_rate", N_("Renewed on time")),
    ("grr", N_("Money kept (GRR)")), ("nrr", N_("With growth (NRR)")),
)  # fmt: skip
DECIDED = (
    ("renewal_rate", N_("Rate of the decided")), ("grr", N_("GRR of the decided")),
    ("nrr", N_("NRR of the decided")),
)  # fmt: skip
LOOKS = (
    ("on_time", "c1"), ("late", "c2"), ("win_back", "c3"), ("pending", "c4"), ("overdue", "owed"),
    ("lost", "drop"),
)  # fmt: skip
BAD = ("lost", "overdue")


async def make(tx: Unit, asked: Asked) -> Sheet:
    """The report as REST has it, drawn; beside the period before where that is asked for."""
    found = await queries.renewals(tx, asked.viewer, asked.filters)
    return Sheet(
        pipeline=found.pipeline, scope=found.scope, drawing=_drawing(found, asked),
        facts=[
            Fact(asked.within(label), "count", _count(found, name, asked))
            for name, label in COUNTS
            if getattr(found, name) or name in ("due", "lost", "overdue")
        ],
        stats=[_rate(found, asked), _money(found, asked)],
        said=[asked.rest(one) for one in found.others],
        tables=[_figures(found, asked), *beside(found, asked, _heads(PERIOD), _row)],
    )  # fmt: skip


def _count(found: RenewalFigures, name: str, asked: Asked, **where: Any) -> Cell:
    many = getattr(found, name)
    to = asked.cards(outcome=name, **where) if many else None
    return Cell(many, to, "bad" if many and name in BAD else "")


def _named(one: RenewalGroup) -> tuple[Cell, dict[str, Any]]:
    """What a group is called, and which cards are its own."""
    if one.month is not None:
        return Cell(one.month), {"month": one.month}
    return Cell(one.owner_name), {"owner_id": one.owner_id}


def _drawing(found: RenewalReport, asked: Asked) -> Table:
    """A bar for each group, as long as what fell due in it, in parts of what became of that."""
    whole = max((one.due - one.cancelled for one in found.items), default=0)
    rows = []
    for one in found.items:
        name, where = _named(one)
        parts = [(getattr(one, outcome), look) for outcome, look in LOOKS]
        rows.append([
            name, Cell(pieces(*parts, whole=whole)), _count(one, "due", asked, **where),
            Cell(one.renewal_rate), _count(one, "lost", asked, **where),
        ])  # fmt: skip
    heads: list[tuple[str, Kind]] = [
        GROUPS[found.group_by], ("", "bar"), (N_("Fell due"), "count"),
        (N_("Renewal rate"), "share"), (N_("Lost"), "count"),
    ]  # fmt: skip
    labels = dict(COUNTS)
    return Table(
        asked.say(N_("What became of those that fell due")), asked.columns(heads), rows,
        note=asked.say(N_("by the date first agreed")),
        legend=[(look, asked.say(labels[outcome])) for outcome, look in LOOKS],
        empty=asked.say(N_("No renewal fell due in this period.")),
    )  # fmt: skip


def _rate(found: RenewalReport, asked: Asked) -> Stat:
    then = None if found.previous is None else found.previous.renewal_rate
    words = asked.say(
        N_("%(on_time)s on time. Of the decided alone, %(decided)s."),
        on_time=asked.share(found.on_time_rate), decided=asked.share(found.decided.renewal_rate),
    )  # fmt: skip
    head = asked.share(found.renewal_rate)
    tag = asked.against(found.renewal_rate, then)
    return Stat(asked.say(N_("Renewal rate")), head, words, *tag)


def _money(found: RenewalReport, asked: Asked) -> Stat:
    then = None if found.previous is None else found.previous.grr
    words = asked.say(
        N_("With growth %(nrr)s: %(new)s now, %(old)s before."), nrr=asked.share(found.nrr),
        new=asked.money(found.new_amount, found.currency),
        old=asked.money(found.old_amount, found.currency),
    )  # fmt: skip
    tag = asked.against(found.grr, then)
    return Stat(asked.say(N_("Money kept (GRR)")), asked.share(found.grr), words, *tag)


def _heads(first: tuple[str, Kind]) -> list[tuple[str, Kind]]:
    heads = [first, *((label, "count") for _, label in COUNTS)]
    heads += [(label, "share") for _, label in (*RATES, *DECIDED)]
    return [*heads, (N_("Amount before"), "money"), (N_("Amount now"), "money")]


def _row(name: Cell, one: RenewalFigures, asked: Asked, currency: str, where: Any) -> list[Cell]:
    return [
        name, *(_count(one, each, asked, **where) for each, _ in COUNTS),
        *(Cell(getattr(one, each)) for each, _ in RATES),
        *(Cell(getattr(one.decided, each)) for each, _ in DECIDED),
        Cell(one.old_amount, unit=currency), Cell(one.new_amount, unit=currency),
    ]  # fmt: skip


def _figures(found: RenewalReport, asked: Asked) -> Table:
    rows = []
    for one in found.items:
        name, where = _named(one)
        rows.append(_row(name, one, asked, found.currency, where))
    columns = asked.columns(_heads(GROUPS[found.group_by]))
    return Table(asked.say(N_("All the figures")), columns, rows, is_main=True)


RENEWALS = Report(
    name="renewals",
    title=N_("Renewals"),
    about=N_("What became of the renewals that fell due, by the date first agreed"),
    filters=RenewalReportFilters,
    make=make,
    usual=always(TWELVE),
    periods=ENDED,
    kind="renewal",
    pile=Pile(RenewalCardFilters, gathered(queries.card_ids), "outcome", dict(COUNTS)),
    choices=(
        Choice("group_by", N_("Side by side"), (
            ("month", N_("By month")), ("owner", N_("By manager")),
        )),
        COMPARE,
    ),
)  # fmt: skip
