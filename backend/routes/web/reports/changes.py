"""What changed since a day: each card once, by what it comes to."""

from datetime import date, timedelta

from backend.db.session import Unit
from backend.domain.funnels.since import queries
from backend.domain.funnels.since.schemas import ChangeFilters, ChangeReport, SinceFilters
from backend.routes.web import words
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.beside import COMPARE, PERIOD
from backend.routes.web.reports.page import Pile, Report, gathered
from backend.routes.web.reports.sheet import Cell, Fact, Kind, Sheet, Table
from backend.routes.web.words import N_

WHAT = {
    "new": N_("New"), "forward": N_("Moved on"), "back": N_("Moved back"),
    "slipped": N_("Put off"), "won": N_("Won"), "lost": N_("Lost"), "reopened": N_("Reopened"),
    "moved_out": N_("Moved out"),
}  # fmt: skip
COUNT: Kind = "count"
HEADS: tuple[tuple[str, Kind], ...] = (
    (N_("What happened"), "text"), (N_("Card"), "text"), (N_("Client"), "text"),
    (N_("Then"), "text"), (N_("Now"), "text"), (N_("Amount"), "money"), (N_("Currency"), "text"),
    (N_("Manager"), "text"),
)  # fmt: skip


async def make(tx: Unit, asked: Asked) -> Sheet:
    """All of it in one list, as it is told on a Monday."""
    found = await queries.changes(tx, asked.viewer, asked.filters)
    rows = []
    for one in found.items:
        card = one.card
        to = None if card.deleted else f"/{card.kind}s/{card.id}"
        rows.append([
            Cell(asked.say(WHAT[one.what]), tone="bad" if one.what == "lost" else ""),
            Cell(f"{card.number} · {card.title}", to), Cell(card.client_name or ""),
            Cell(one.from_stage or ""), Cell(one.to_stage or ""),
            Cell(card.amount, unit=card.currency), Cell(card.currency),
            Cell(card.owner_name),
        ])  # fmt: skip
    since = words.day(found.since, asked.viewer.company.locale, year=True)
    return Sheet(
        pipeline=found.pipeline, scope=found.scope,
        facts=[Fact(asked.say(label), "count", Cell(many, asked.cards(what=what)))
               for what, label in WHAT.items() if (many := getattr(found.counts, what))],
        tables=[
            Table(
                asked.say(N_("Since %(day)s"), day=since),
                asked.columns(HEADS), rows, is_main=True,
                empty=asked.say(N_("Nothing has changed since then.")),
            ),
            *_before(found, asked),
        ],
    )  # fmt: skip


def _before(found: ChangeReport, asked: Asked) -> list[Table]:
    """How many cards changed, beside as many days of the weeks before."""
    if found.previous is None:
        return []
    today = asked.viewer.company.today(found.as_of - timedelta(microseconds=1))
    heads = [PERIOD, *((label, COUNT) for label in WHAT.values())]
    rows = [
        [
            Cell(asked.days(first, last)),
            *(_many(getattr(counts, what), what, first, last, asked) for what in WHAT),
        ]
        for first, last, counts in (
            (found.since, today, found.counts),
            (found.previous.since, found.previous.until, found.previous.counts),
        )
    ]
    return [Table(asked.say(N_("Beside the weeks before")), asked.columns(heads), rows)]


def _many(many: int, what: str, first: date, last: date, asked: Asked) -> Cell:
    return Cell(many, asked.cards(what=what, **{"from": first, "as_of": last}) if many else None)


CHANGES = Report(
    name="changes",
    title=N_("Changes"),
    about=N_("What changed since Monday, or since another day"),
    filters=SinceFilters,
    make=make,
    pile=Pile(
        ChangeFilters,
        gathered(queries.card_ids),
        "what",
        {None: N_("Everything that changed"), **WHAT},
    ),
    periods=(),
    dates=("from", "as_of"),
    choices=(COMPARE,),
)
