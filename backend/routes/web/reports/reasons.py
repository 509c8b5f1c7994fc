"""Why cards are lost: each reason beside its limit, by whom, from where, and again and again."""

from collections import defaultdict
from typing import Any

from backend.db.session import Unit
from backend.domain.funnels.reasons import queries
from backend.domain.funnels.reasons.schemas import (
    ReasonCardFilters,
    ReasonReport,
    ReasonReportFilters,
    ReasonShare,
    Streak,
)
from backend.domain.funnels.rules import ratio
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.beside import COMPARE, PERIOD, beside, whole
from backend.routes.web.reports.page import Choice, Pile, Report, always, gathered
from backend.routes.web.reports.sheet import Cell, Column, Fact, Kind, Said, Sheet, Table, pieces
from backend.routes.web.words import N_

LOOKS = ("c1", "c2", "c3", "c4")
GROUPS: dict[str, tuple[str, Kind]] = {
    "owner": (N_("Manager"), "text"), "stage": (N_("Stage"), "text"),
    "month": (N_("Month"), "month"),
}  # fmt: skip
ENDS = (
    ("closed", N_("closed")), ("won", N_("won")), ("lost", N_("lost")), ("void", N_("by mistake")),
)  # fmt: skip
HEADS: list[tuple[str, Kind]] = [
    PERIOD, (N_("Closed"), "count"), (N_("Won"), "count"), (N_("Lost"), "count"),
    (N_("By mistake"), "count"), (N_("Lost of them"), "share"), (N_("Above the limit"), "text"),
]  # fmt: skip
PROPOSALS = {"suspend": N_("suspend the lead"), "reassign": N_("give it to somebody else")}


async def make(tx: Unit, asked: Asked) -> Sheet:
    """The report as REST has it, and its matrix of reasons and stages."""
    found = await queries.reasons(tx, asked.viewer, asked.filters)
    matrix = await queries.from_stages(tx, asked.viewer, asked.filters)
    return Sheet(
        pipeline=found.pipeline, scope=found.scope, drawing=_drawing(found, asked),
        said=[_over(one, asked) for one in found.alerts],
        facts=[
            Fact(asked.say(label), "count", _ended(found, name, asked))
            for name, label in ENDS if getattr(found, name) or name != "void"
        ],
        tables=[
            _shares(found, asked), *beside(found, asked, HEADS, _whole), _matrix(matrix, asked),
            *_streaks(found.streaks, asked),
        ],
    )  # fmt: skip


def _ended(one: ReasonReport, outcome: str, asked: Asked, **where: Any) -> Cell:
    """How many cards of a report ended so."""
    many = getattr(one, outcome)
    return Cell(many, asked.cards(outcome=outcome, **where) if many else None)


def _whole(name: Cell, one: ReasonReport, asked: Asked, _: str, where: Any) -> list[Cell]:
    """A period in a row, to stand beside another one; the shares that are above their limits."""
    over = sorted({each.reason_name for each in one.alerts})
    ends = [_ended(one, outcome, asked, **where) for outcome, _ in ENDS]
    return [name, *ends, Cell(ratio(one.lost, one.closed)), Cell("; ".join(over))]


def _key(one: ReasonShare) -> Any:
    return one.owner_id or one.stage_id or one.month


def _name(one: ReasonShare) -> str | None:
    return one.owner_name or one.stage_name or one.month


def _cell(one: ReasonShare, asked: Asked) -> Cell:
    """The cards of a group that were lost for a reason."""
    to = asked.cards(outcome="lost", reason_id=one.reason_id, **_group(one))
    return Cell(one.count, to, "bad" if one.over_limit else "")


def _group(one: ReasonShare) -> dict[str, Any]:
    return {"owner_id": one.owner_id, "stage": one.stage_id, "month": one.month}


def _closed(one: ReasonShare, asked: Asked) -> Cell:
    """All that a group closed; a stage's share is of all stages' cards."""
    group = {"owner_id": one.owner_id, "month": one.month}
    return Cell(one.closed, asked.cards(outcome="closed", **group))


def _over(one: ReasonShare, asked: Asked) -> Said:
    """A limit that is broken, in words."""
    values = {
        "whose": _name(one), "reason": one.reason_name, "share": asked.share(one.share),
        "count": asked.number(one.count), "closed": asked.number(one.closed),
        "limit": asked.percent(one.limit_percent),
    }  # fmt: skip
    text = N_(
        "%(whose)s: “%(reason)s” is %(share)s (%(count)s of %(closed)s), the limit is %(limit)s."
    )
    return Said(asked.say(text, **values), "bad")


def _drawing(found: ReasonReport, asked: Asked) -> Table:
    """A stacked bar for each group, the reason that has a limit first, so that its line tells."""
    order = _order(found.items)
    look = {reason: LOOKS[min(at, 3)] for at, reason in enumerate(order)}
    groups: dict[Any, list[ReasonShare]] = defaultdict(list)
    for one in found.items:
        groups[_key(one)].append(one)
    names = {one.reason_id: one.reason_name for one in found.items}
    limit = min(
        (float(one.limit_percent) for one in found.items if one.limit_percent), default=None
    )
    rows = [_bar(own, order, look, limit, asked) for own in groups.values()]
    heads: list[tuple[str, Kind]] = [
        GROUPS[found.group_by], ("", "bar"), (N_("Closed"), "count"),
        (N_("Lost of them"), "share"), (N_("Above the limit"), "text"),
    ]  # fmt: skip
    legend = [(look[one], names[one]) for one in order[:3]]
    if len(order) > 3:
        legend.append((LOOKS[3], asked.say(N_("other reasons"))))
    return Table(
        asked.say(N_("Lost by reason")),
        asked.columns(heads),
        rows,
        note="" if limit is None else asked.say(
            N_("Limit: %(limit)s of all that was closed"), limit=asked.percent(limit)
        ),
        legend=legend, empty=asked.say(N_("Nothing was lost in this period.")),
    )  # fmt: skip


def _bar(
    own: list[ReasonShare],
    order: list[int],
    look: dict[int, str],
    limit: float | None,
    asked: Asked,
) -> list[Cell]:
    """The row of a group."""
    ranked = sorted(own, key=lambda one: order.index(one.reason_id))
    closed = _closed(own[0], asked)
    lost = asked.cards(outcome="lost", **_group(own[0]))
    return [
        Cell(_name(own[0])),
        Cell(pieces(*((one.count, look[one.reason_id]) for one in ranked), whole=closed.value),
             limit=limit),
        closed, Cell(ratio(sum(one.count for one in own), closed.value), lost),
        _words([one for one in own if one.over_limit], asked),
    ]  # fmt: skip


def _order(items: list[ReasonShare]) -> list[int]:
    """The reasons: those with a limit, then as often as they were given."""
    many: dict[int, int] = defaultdict(int)
    limited = {one.reason_id for one in items if one.limit_percent}
    for one in items:
        many[one.reason_id] += one.count
    return sorted(many, key=lambda reason: (reason not in limited, -many[reason], reason))


def _words(over: list[ReasonShare], asked: Asked) -> Cell:
    """By how much the limits of a group are broken."""
    told = [
        asked.say(
            N_("%(reason)s: %(points)s pt over"), reason=one.reason_name,
            points=asked.points(one.share, float(one.limit_percent or 0) / 100).lstrip("+"),
        )
        for one in over
    ]  # fmt: skip
    return Cell("; ".join(told), tone="bad" if told else "")


def _shares(found: ReasonReport, asked: Asked) -> Table:
    heads: list[tuple[str, Kind]] = [
        GROUPS[found.group_by], (N_("Reason"), "text"), (N_("Cards"), "count"),
        (N_("Closed"), "count"), (N_("Share"), "share"), (N_("Share in all"), "share"),
        (N_("Limit"), "percent"),
        (N_("Above the limit"), "text"),
    ]  # fmt: skip
    rows = [
        [
            Cell(_name(one)), Cell(one.reason_name), _cell(one, asked), _closed(one, asked),
            _cell(one, asked)._replace(value=one.share),
            Cell(one.overall_share, asked.cards(outcome="lost", reason_id=one.reason_id)),
            Cell(one.limit_percent),
            Cell(asked.say(N_("yes")) if one.over_limit else ""),
        ]
        for one in found.items
    ]  # fmt: skip
    columns = asked.columns(heads)
    return Table(asked.say(N_("Shares in all that was closed")), columns, rows, is_main=True)


def _matrix(items: list[ReasonShare], asked: Asked) -> Table:
    """From which stage, and why."""
    stages = {one.stage_id: one.stage_name or "" for one in items}
    found = {(one.reason_id, one.stage_id): one for one in items}
    names = {one.reason_id: one.reason_name for one in items}
    rows = [
        [Cell(names[reason])] + [
            _cell(one, asked) if (one := found.get((reason, stage))) else Cell()
            for stage in stages
        ]
        for reason in _order(items)
    ]  # fmt: skip
    columns = [Column(asked.say(N_("Reason")))] + [
        Column(name, "count") for name in stages.values()
    ]
    return Table(asked.say(N_("From which stage, and why")), columns, rows)


def _streaks(found: list[Streak], asked: Asked) -> list[Table]:
    """Who says one thing every time, and what is proposed."""
    if not found:
        return []
    heads: list[tuple[str, Kind]] = [
        (N_("Lead or client"), "text"), (N_("Manager"), "text"), (N_("Reason"), "text"),
        (N_("Times in a row"), "count"), (N_("Proposal"), "text"),
    ]  # fmt: skip
    rows = [
        [
            Cell(one.title, f"/leads/{one.lead_id}" if one.lead_id else
                 f"/clients/{one.client_id}"),
            Cell(one.owner_name), Cell(one.reason_name), Cell(one.count),
            Cell("; ".join(asked.say(PROPOSALS[each]) for each in one.proposals)),
        ]
        for one in found
    ]  # fmt: skip
    columns = asked.columns(heads)
    return [Table(asked.say(N_("The same answer every time")), columns, rows)]


REASONS = Report(
    name="reasons",
    title=N_("Reasons"),
    about=N_("Why cards are lost, by whom and from where"),
    filters=ReasonReportFilters,
    make=make,
    usual=always("this_month"),
    settled=whole,
    pile=Pile(
        ReasonCardFilters, gathered(queries.card_ids), "outcome",
        {
            "closed": N_("Closed"), "won": N_("Won"), "lost": N_("Lost"),
            "void": N_("By mistake"),
        },
    ),
    choices=(
        Choice("group_by", N_("Side by side"), (
            ("owner", N_("By manager")), ("stage", N_("By stage")), ("month", N_("By month")),
        )),
        Choice("basis", N_("Which cards"), (
            ("closed", N_("Closed in the period")), ("sent", N_("Sent in the period")),
        )),
        COMPARE,
    ),
)  # fmt: skip
