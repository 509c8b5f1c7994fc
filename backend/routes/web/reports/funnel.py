"""The funnel: how far cards come, where they are lost, how long they stand."""

from typing import Any

from msgspec import structs

from backend.db.session import Unit
from backend.domain.funnels import queries
from backend.domain.funnels.behind.queries import of_funnel
from backend.domain.funnels.report import leak
from backend.domain.funnels.schemas import (
    FunnelCardFilters,
    FunnelFilters,
    FunnelReport,
    FunnelStage,
)
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.beside import COMPARE, whole
from backend.routes.web.reports.page import Choice, Pile, Report
from backend.routes.web.reports.period import ALL
from backend.routes.web.reports.sheet import (
    Cell,
    Column,
    Fact,
    Kind,
    Said,
    Sheet,
    Stat,
    Table,
    pieces,
)
from backend.routes.web.reports.standing import standing_tables
from backend.routes.web.words import N_

REACHED = {
    ("cohort", "furthest"): N_("Reached"), ("cohort", "touched"): N_("Visited"),
    ("cohort", "strict"): N_("Came in order"), ("flow", "furthest"): N_("Left the stage"),
}  # fmt: skip
ONWARDS = ("lost", N_("Lost")), ("open", N_("Open")), ("moved_out", N_("Moved out"))
SHARES = (
    ("conversion", N_("Conversion")), ("resolved_conversion", N_("Of the decided")),
    ("drop_off", N_("Drop-off")), ("still_open", N_("Still open")),
    ("cumulative", N_("Of all")),
)  # fmt: skip
PARTS = {"drop_off": "lost", "still_open": "open"}  # of what these are shares; others: advanced
ASIDE = ("skipped", N_("Skipped")), ("returned", N_("Returned"))
TIMES = (
    ("median_days", N_("Median, days")), ("p80_days", N_("80% within, days")),
    ("median_age_days", N_("Age now, days")),
)  # fmt: skip
FACTS = (
    ("entered", N_("entered")), ("won", N_("won")), ("lost", N_("lost")), ("open", N_("open")),
    ("moved_out", N_("moved out")), ("returned", N_("went back")), ("reopened", N_("reopened")),
    ("entered_late", N_("entered late")), ("void", N_("by mistake")),
)  # fmt: skip
LEGEND = (
    ("c1", N_("went on")), ("c3", N_("open")), ("c4", N_("moved out")), ("drop", N_("lost")),
)  # fmt: skip


async def make(tx: Unit, asked: Asked) -> Sheet:
    """The funnel as REST has it, drawn."""
    found = await queries.funnel(tx, asked.viewer, asked.filters)
    if found.basis == "snapshot":
        drawing, tables = standing_tables(found, asked)
    else:
        drawing = _drawing(found, asked)
        tables = [_stages(found, asked), *_loops(found, asked)]
    return Sheet(
        pipeline=found.pipeline, scope=found.scope, drawing=drawing, tables=tables,
        facts=[
            Fact(asked.say(label), _kind(found), _figure(found, asked, name))
            for name, label in FACTS
            if float(getattr(found, name)) or name in ("entered", "won", "lost", "open")
        ],
        stats=[] if found.basis == "snapshot" else [*_leak(found, asked), *_rate(found, asked)],
        said=[*_low(found, asked), *(asked.rest(one) for one in found.others)],
    )  # fmt: skip


def _kind(found: FunnelReport) -> Kind:
    return "count" if found.currency is None else "money"


def _figure(
    found: FunnelReport, asked: Asked, bucket: str, stage: FunnelStage | None = None
) -> Cell:
    """A number of the funnel or of a stage, with the way to its cards."""
    days = {"from": found.start, "to": found.end} if found.start and found.end else {}
    where: dict[str, Any] = {} if stage is None else {"stage": stage.stage_id}
    value = getattr(found if stage is None else stage, bucket)
    return Cell(
        value, asked.cards(**days, bucket=bucket, **where) if float(value) else None,
        "bad" if bucket == "lost" and stage is not None and stage == leak(found) else "",
        found.currency or "",
    )  # fmt: skip


def _share(found: FunnelReport, asked: Asked, name: str, stage: FunnelStage) -> Cell:
    """A share of a stage, with the way to the cards that it is a share of; its conversion warns
    where it is too low."""
    warns = name == "conversion" and stage.stage_id == found.low_stage_id
    part = _figure(found, asked, PARTS.get(name, "advanced"), stage)
    return Cell(getattr(stage, name), part.to, "bad" if warns else "")


def _drawing(found: FunnelReport, asked: Asked) -> Table:
    """A bar for each stage, as long as those who reached it, in parts of what became of them."""
    whole = max((float(one.reached) for one in found.stages), default=0)
    rows = [
        [
            Cell(one.name),
            Cell(pieces(
                (one.advanced, "c1"), (one.open, "c3"), (float(one.moved_out), "c4"),
                (float(one.bypassed), "c4"), (one.lost, "drop"), whole=whole,
            )),
            _figure(found, asked, "reached", one),
            _share(found, asked, "conversion", one),
            _figure(found, asked, "lost", one),
        ]
        for one in found.stages
    ]  # fmt: skip
    kind = _kind(found)
    heads: list[tuple[str, Kind]] = [
        (N_("Stage"), "text"), ("", "bar"), (_reached(found), kind), (N_("Conversion"), "share"),
        (N_("Lost"), kind),
    ]  # fmt: skip
    return Table(
        title=asked.say(N_("Stage by stage")),
        columns=asked.columns(heads),
        rows=rows, note=_won(found, asked),
        legend=[(look, asked.say(label)) for look, label in LEGEND],
        empty=asked.say(N_("No card entered this funnel in the period.")),
    )  # fmt: skip


def _reached(found: FunnelReport) -> str:
    return REACHED.get((found.basis, found.count), REACHED["flow", "furthest"])


def _won(found: FunnelReport, asked: Asked) -> str:
    ways = found.basis, found.count
    if found.currency is not None or ways != ("cohort", "furthest") or not found.stages:
        return ""
    return asked.say(
        N_("%(won)s of %(all)s won, %(share)s"), won=asked.number(found.won),
        all=asked.number(found.entered), share=asked.share(found.stages[-1].cumulative),
    )  # fmt: skip


def _stages(found: FunnelReport, asked: Asked) -> Table:
    """All that is known of each stage; with the period before, where it was asked for."""
    kind, flow = _kind(found), found.basis == "flow"
    figures = [("reached", _reached(found)), ("advanced", N_("Went on")), *ONWARDS]
    if found.count == "strict":
        figures.append(("bypassed", N_("Won otherwise")))
    furthest = found.count == "furthest"
    shares = [one for one in SHARES if furthest or one[0] in ("drop_off", "still_open")]
    shares = [one for one in shares if not flow or one[0] in ("conversion", "drop_off")]
    more = () if flow else ASIDE
    times = () if flow else TIMES
    before = [] if found.previous is None else found.previous.stages
    former = {one.stage_id: one for one in before}
    rows = []
    for one in found.stages:
        row = [Cell(one.name)]
        row += [_figure(found, asked, name, one) for name, _ in figures]
        row += [_share(found, asked, name, one) for name, _ in shares]
        row += [_figure(found, asked, name, one) for name, _ in more]
        row += [Cell(getattr(one, name)) for name, _ in times]
        if found.previous is not None:
            row.append(_figure(found.previous, asked, "reached", former[one.stage_id]))
            row.append(_share(found.previous, asked, "conversion", former[one.stage_id]))
        rows.append(row)
    columns = [Column(asked.say(N_("Stage")))]
    kinds: tuple[Kind, ...] = (kind, "share", kind, "days")
    for labels, told in zip((figures, shares, more, times), kinds, strict=True):
        columns += [Column(asked.say(label), told) for _, label in labels]
    if found.previous is not None:
        columns.append(Column(asked.say(N_("Before")), kind))
        columns.append(Column(asked.say(N_("Conversion before")), "share"))
    return Table(asked.say(N_("What became of them")), columns, rows, is_main=True)


def _loops(found: FunnelReport, asked: Asked) -> list[Table]:
    """The stages beside the way: a card goes round by them and comes back."""
    if not found.detours or found.basis == "flow":
        return []
    rows = [
        [
            Cell(f"↺ {one.name}"),
            Cell(
                one.cards, asked.cards(bucket="touched", stage=one.stage_id), "",
                found.currency or "",
            ),
            Cell(one.visits), Cell(one.median_days),
            Cell(
                one.won, asked.cards(bucket="touched_won", stage=one.stage_id), "",
                found.currency or "",
            ),
        ]
        for one in found.detours
    ]  # fmt: skip
    kind = _kind(found)
    heads: list[tuple[str, Kind]] = [
        (N_("Loop"), "text"), (N_("Went round"), kind), (N_("Times"), "count"),
        (N_("Median, days"), "days"), (N_("Won after all"), kind),
    ]  # fmt: skip
    return [
        Table(
            asked.say(N_("Loops beside the way")),
            asked.columns(heads),
            rows,
        )
    ]


def _leak(found: FunnelReport, asked: Asked) -> list[Stat]:
    """The biggest leak, in one sentence."""
    worst = leak(found)
    if worst is None:
        return []
    names = [one.name for one in found.stages]
    onwards = [*names[1:], asked.say(N_("Won"))][names.index(worst.name)]
    if found.currency is None:
        lost = asked.view.ngettext("%(num)s card lost", "%(num)s cards lost", int(worst.lost))
        told = lost % {"num": asked.number(worst.lost)}
    else:
        told = asked.say(N_("%(sum)s lost"), sum=asked.money(worst.lost, found.currency))
    words = asked.say(
        N_("%(lost)s here, %(share)s of those who came."), lost=told,
        share=asked.share(worst.drop_off),
    )  # fmt: skip
    if worst.median_days is not None:
        days = asked.number(worst.median_days, 1)
        words += " " + asked.say(N_("Half of them stay %(days)s days or longer."), days=days)
    return [Stat(asked.say(N_("Biggest leak")), f"{worst.name} → {onwards}", words)]


def _low(found: FunnelReport, asked: Asked) -> list[Said]:
    """Where too few go on, in one sentence."""
    return [
        Said(asked.say(
            N_("Conversion of the stage “%(stage)s” is %(share)s, below the funnel's limit."),
            stage=one.name, share=asked.share(one.conversion),
        ))
        for one in found.stages if one.stage_id == found.low_stage_id
    ]  # fmt: skip


def _rate(found: FunnelReport, asked: Asked) -> list[Stat]:
    words = ""
    if found.win_rate != found.raw_win_rate:
        words = asked.say(
            N_("%(share)s with those made by mistake"), share=asked.share(found.raw_win_rate)
        )
    then = None if found.previous is None else found.previous.win_rate
    label = asked.say(N_("Win rate"))
    return [Stat(label, asked.share(found.win_rate), words, *asked.against(found.win_rate, then))]


def settled(filters: FunnelFilters) -> Any:
    """There is no period before a snapshot, nor before all time."""
    if filters.basis == "snapshot":
        return structs.replace(filters, compare=None)
    return whole(filters)


FUNNEL = Report(
    name="funnel",
    title=N_("Funnel"),
    about=N_("How far cards come, and where they are lost"),
    filters=FunnelFilters,
    make=make,
    settled=settled,
    usual=lambda given: ALL if given.get("basis") == "snapshot" else "this_quarter",
    pile=Pile(
        FunnelCardFilters, of_funnel, "bucket",
        {
            "reached": N_("Reached"), "advanced": N_("Went on"), "lost": N_("Lost"),
            "open": N_("Open"), "moved_out": N_("Moved out"), "bypassed": N_("Won otherwise"),
            "skipped": N_("Skipped"), "returned": N_("Returned"), "touched": N_("Visited"),
            "touched_won": N_("Won after all"), "entered": N_("Entered"), "won": N_("Won"),
            "reopened": N_("Reopened"), "entered_late": N_("Entered late"),
            "void": N_("By mistake"),
        },
    ),
    choices=(
        Choice("basis", N_("Which cards"), (
            ("cohort", N_("Who entered in the period")), ("flow", N_("What moved in the period")),
            ("snapshot", N_("Who stands where")),
        )),
        Choice("count", N_("How they count"), (
            ("furthest", N_("By the furthest stage")), ("touched", N_("By stages visited")),
            ("strict", N_("Through every stage")),
        )),
        Choice("by", N_("By what"), (("count", N_("By number")), ("amount", N_("By amount")))),
        COMPARE,
    ),
)  # fmt: skip
