"""How long sales take, and what open cards bring in a day."""

from typing import Any

from backend.db.session import Unit
from backend.domain.funnels.cycle import queries
from backend.domain.funnels.cycle.schemas import (
    CycleCardFilters,
    CycleFilters,
    CycleReport,
    CycleTime,
    Pace,
    Velocity,
    VelocityCardFilters,
    VelocityFilters,
)
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.beside import COMPARE, PERIOD, beside, whole_or_usual
from backend.routes.web.reports.page import Choice, Pile, Report, gathered
from backend.routes.web.reports.sheet import (
    Cell,
    Column,
    Fact,
    Kind,
    Piece,
    Sheet,
    Stat,
    Table,
    pieces,
)
from backend.routes.web.words import N_

NAMED: dict[str, tuple[str, Kind]] = {
    "month": (N_("Month"), "month"), "owner": (N_("Manager"), "text"),
}  # fmt: skip
TIMES: tuple[tuple[str, str], ...] = (
    ("median_days", N_("Median, days")), ("p80_days", N_("80% within, days")),
    ("mean_days", N_("Mean, days")),
)  # fmt: skip
FACTORS: tuple[tuple[str, Kind], ...] = (
    (N_("Open cards"), "count"), (N_("Won"), "count"), (N_("Lost"), "count"),
    (N_("Win rate"), "share"), (N_("By amount"), "share"), (N_("Average won"), "money"),
    (N_("Cycle, days"), "days"), (N_("A day"), "money"),
)  # fmt: skip


async def cycle_time(tx: Unit, asked: Asked) -> Sheet:
    """The report as REST has it; a bar is as long as the median."""
    found = await queries.cycle_time(tx, asked.viewer, asked.filters)
    longest = max((one.p80_days or 0 for one in found.items), default=0)
    heads: list[tuple[str, Kind]] = [NAMED[found.group_by], ("", "bar"), (N_("Won"), "count")]
    rows = [
        [
            Cell(one.month or one.owner_name), Cell(_bar(one, longest)), _won(one, asked),
            *_lengths(one, _won(one, asked).to),
        ]
        for one in found.items
    ]  # fmt: skip
    columns = asked.columns(heads)
    columns += [Column(asked.say(label), "days") for _, label in TIMES]
    table = Table(
        asked.say(N_("From entering to winning")), columns, rows, is_main=True,
        legend=[("c1", asked.say(N_("median"))), ("c3", asked.say(N_("80% within")))],
        empty=asked.say(N_("No card was won in this period.")),
    )  # fmt: skip
    to = asked.cards() if found.cards else None
    return Sheet(
        pipeline=found.pipeline, scope=found.scope,
        tables=[table, *beside(found, asked, _heads(), _times)],
        facts=[
            Fact(asked.say(N_("won")), "count", Cell(found.cards, to)),
            *(
                Fact(asked.say(label), "days", cell)
                for (_, label), cell in zip(TIMES, _lengths(found, to), strict=True)
            ),
        ],
    )  # fmt: skip


def _heads() -> list[tuple[str, Kind]]:
    return [PERIOD, (N_("Won"), "count"), *((label, "days") for _, label in TIMES)]


def _times(name: Cell, one: CycleReport, asked: Asked, _: str, where: Any) -> list[Cell]:
    """A period in a row, to stand beside another one."""
    won = Cell(one.cards, asked.cards(**where) if one.cards else None)
    return [name, won, *_lengths(one, won.to)]


def _lengths(one: CycleTime | CycleReport, to: str | None) -> list[Cell]:
    """How long cards took, and which."""
    return [Cell(getattr(one, name), to) for name, _ in TIMES]


def _bar(one: CycleTime, longest: float) -> list[Piece]:
    median, most = one.median_days or 0, one.p80_days or 0
    return pieces((median, "c1"), (max(most - median, 0), "c3"), whole=longest)


def _won(one: CycleTime, asked: Asked) -> Cell:
    group = {"month": one.month} if one.month else {"owner_id": one.owner_id}
    return Cell(one.cards, asked.cards(**group))


async def velocity(tx: Unit, asked: Asked) -> Sheet:
    """The report as REST has it: what it comes to, and what it is made of."""
    found = await queries.velocity(tx, asked.viewer, asked.filters)
    name = Cell(found.currency)
    table = Table(
        asked.say(N_("What it is made of")),
        asked.columns([(N_("Currency"), "text"), *FACTORS]),
        [_factors(name, found, asked, found.currency, {})],
        note=asked.say(N_("open cards × win rate × average won ÷ cycle")), is_main=True,
    )  # fmt: skip
    head = "–" if found.per_day is None else asked.money(found.per_day, found.currency)
    words = asked.say(N_("What open cards bring in a day at the pace of the period."))
    return Sheet(
        pipeline=found.pipeline, scope=found.scope,
        tables=[table, *beside(found, asked, [PERIOD, *FACTORS], _factors)],
        stats=[Stat(asked.say(N_("A day")), head, words)], facts=_stale(found, asked),
    )  # fmt: skip


def _stale(found: Velocity, asked: Asked) -> list[Fact]:
    """What nobody cares for, and the win rate that takes it for lost."""
    if found.stale is None:
        return []
    to = asked.cards(outcome="stale") if found.stale else None
    return [
        Fact(asked.say(N_("gone stale")), "count", Cell(found.stale, to)),
        Fact(
            asked.say(N_("win rate if those are lost")), "share",
            Cell(found.stale_adjusted_win_rate),
        ),
    ]  # fmt: skip


def _factors(name: Cell, one: Pace, asked: Asked, currency: str, where: Any) -> list[Cell]:
    """A pace in a row: what it is made of, and what it comes to."""
    counts = {"open": one.open_cards, "won": one.won, "lost": one.lost}
    to = {
        outcome: asked.cards(outcome=outcome, **where) if many else None
        for outcome, many in {**counts, "closed": one.won + one.lost, "all": one.won}.items()
    }
    return [
        name, *(Cell(many, to[outcome]) for outcome, many in counts.items()),
        Cell(one.win_rate, to["closed"]), Cell(one.win_rate_by_amount, to["closed"]),
        Cell(one.average_won, to["won"], unit=currency),
        Cell(one.cycle_days, to["won"]), Cell(one.per_day, to["all"], unit=currency),
    ]  # fmt: skip


CYCLE_TIME = Report(
    name="cycle-time",
    title=N_("Cycle time"),
    about=N_("How long won cards took; the last 180 days if nothing is said"),
    filters=CycleFilters,
    make=cycle_time,
    pile=Pile(
        CycleCardFilters, gathered(queries.cycle_card_ids), "group_by",
        {"month": N_("Won"), "owner": N_("Won")},
    ),
    choices=(
        Choice("group_by", N_("Side by side"), (
            ("month", N_("By month")), ("owner", N_("By manager")),
        )),
        COMPARE,
    ),
    settled=whole_or_usual,
)  # fmt: skip
VELOCITY = Report(
    name="velocity",
    title=N_("Velocity"),
    about=N_("What open cards bring in a day; over the last 180 days if nothing is said"),
    filters=VelocityFilters,
    make=velocity,
    pile=Pile(
        VelocityCardFilters,
        gathered(queries.velocity_card_ids),
        "outcome",
        {
            "open": N_("Open cards"), "won": N_("Won"), "lost": N_("Lost"),
            "closed": N_("Closed"), "all": N_("What it is made of"), "stale": N_("Gone stale"),
        },
    ),
    choices=(COMPARE,),
    settled=whole_or_usual,
)  # fmt: skip
