"""Managers side by side: what they did with their cards, and what was left undone."""

from typing import Any

from backend.db.session import Unit
from backend.domain.funnels.people import queries
from backend.domain.funnels.people.schemas import (
    Manager,
    ManagerCardFilters,
    ManagerFilters,
    ManagerReport,
)
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.beside import COMPARE, PERIOD, period, whole_or_usual
from backend.routes.web.reports.page import Pile, Report, always, gathered
from backend.routes.web.reports.sheet import Cell, Kind, Sheet, Table
from backend.routes.web.words import N_

CARDS = (
    ("entered", N_("Entered")), ("open", N_("Open")), ("won", N_("Won")), ("lost", N_("Lost")),
)  # fmt: skip
UNDONE = (
    ("touched", N_("Touched")), ("untouched", N_("Untouched")),
    ("closed_untouched", N_("Closed untouched")),
)  # fmt: skip
BAD = {"untouched", "closed_untouched"}
WORK = (
    ("moves", N_("Moves")), ("activities", N_("Calls and notes")), ("tasks_done", N_("Tasks done")),
    ("tasks_overdue", N_("Tasks overdue")),
)  # fmt: skip


async def make(tx: Unit, asked: Asked) -> Sheet:
    """The report as REST has it."""
    found = await queries.managers(tx, asked.viewer, asked.filters)
    heads: list[tuple[str, Kind]] = [(N_("Manager"), "text")]
    heads += [(label, "count") for _, label in CARDS]
    heads += [(N_("Win rate"), "share"), (N_("Earned"), "text")]
    heads += [(label, "count") for _, label in (*UNDONE, *WORK)]
    heads.append((N_("First touch, hours"), "hours"))
    table = Table(
        asked.say(N_("Managers side by side")),
        asked.columns(heads),
        [_row(one, asked) for one in found.items], is_main=True,
    )  # fmt: skip
    return Sheet(pipeline=found.pipeline, scope=found.scope, tables=[table, *_before(found, asked)])


def _before(found: ManagerReport, asked: Asked) -> list[Table]:
    """Each manager's cards and wins beside those of the period before."""
    if found.previous is None:
        return []
    then = {one.owner_id: one for one in found.previous.items}
    now = {one.owner_id: one for one in found.items}
    heads: list[tuple[str, Kind]] = [(N_("Manager"), "text"), PERIOD]
    heads += [*((label, "count") for _, label in CARDS), (N_("Win rate"), "share")]
    rows = [
        [
            Cell(one.owner_name), Cell(asked.days(report.start, report.end)),
            *(_cards(one, name, asked, **period(report)) for name, _ in CARDS), Cell(one.win_rate),
        ]
        for owner_id in {**now, **then}
        for report, of in ((found, now), (found.previous, then))
        if (one := of.get(owner_id)) is not None
    ]  # fmt: skip
    return [Table(asked.say(N_("Beside the period before")), asked.columns(heads), rows)]


def _cards(one: Manager, name: str, asked: Asked, **where: Any) -> Cell:
    many = getattr(one, name)
    to = asked.cards(owner_id=one.owner_id, which=name, **where) if many else None
    return Cell(many, to, "bad" if many and name in BAD else "")


def _work(one: Manager, name: str, asked: Asked) -> Cell:
    """What he did to whosever cards."""
    many = getattr(one, name)
    return Cell(many, asked.cards(by_id=one.owner_id, which=name) if many else None)


def _row(one: Manager, asked: Asked) -> list[Cell]:
    earned = " + ".join(asked.money(each.amount, each.currency, short=False) for each in one.earned)
    return [
        Cell(one.owner_name), *(_cards(one, name, asked) for name, _ in CARDS),
        Cell(one.win_rate), Cell(earned, _cards(one, "won", asked).to),
        *(_cards(one, name, asked) for name, _ in UNDONE),
        *(_work(one, name, asked) for name, _ in WORK),
        Cell(one.median_first_touch_hours, _cards(one, "touched", asked).to),
    ]  # fmt: skip


MANAGERS = Report(
    name="managers",
    title=N_("Managers"),
    about=N_("What was done with the cards of the period, and what was left undone"),
    filters=ManagerFilters,
    make=make,
    usual=always("this_month"),
    pile=Pile(
        ManagerCardFilters, gathered(queries.card_ids), "which", dict((*CARDS, *UNDONE, *WORK))
    ),
    choices=(COMPARE,),
    settled=whole_or_usual,
)  # fmt: skip
