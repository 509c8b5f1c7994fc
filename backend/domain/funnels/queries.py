"""Reading funnels: from the stored facts for now, from the events for an earlier day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, cast, false, func, literal, or_, select

from backend.db.models import card, card_event, card_funnel, card_stage_visit, pipeline, reason
from backend.db.session import Unit
from backend.domain.access import Viewer, sees_card
from backend.domain.cards import facts
from backend.domain.cards.facts import Facts, StageEvent
from backend.domain.funnels import rules
from backend.domain.funnels.rules import Dwell, Outcome
from backend.domain.funnels.schemas import Detour, FunnelFilters, FunnelReport, FunnelStage
from backend.domain.pipelines import queries as pipelines
from backend.domain.stages import CLOSED, EventKind, Stage, StageKind, main_line
from backend.domain.texts import as_id
from backend.errors import NotFound

Found = tuple[list[Outcome], dict[int, Dwell]]


async def cohort(tx: Unit, viewer: Viewer, filters: FunnelFilters) -> FunnelReport:
    """The funnel of the cards that entered a pipeline in a period, of those the viewer may see."""
    locale = viewer.company.locale
    home = await _pipeline(tx, filters.pipeline, locale)
    as_of = tx.now
    if filters.as_of is not None:
        end = viewer.company.end(filters.as_of)
        as_of = min(tx.now, end.astimezone(UTC))
    chosen = _chosen(viewer, filters, home.id)
    if as_of == tx.now:
        chosen = and_(chosen, or_(card.c.deleted_at.is_(None), card.c.state.in_(CLOSED)))
        found = await _outcomes(tx, chosen), await _dwell(tx, chosen)
    else:
        found = await _from_events(tx, viewer, chosen, home.id, as_of)
    number = await tx.scalar(select(pipeline.c.version).where(pipeline.c.id == home.id))
    return _report(viewer, filters, home, found, as_of, number)


async def _pipeline(tx: Unit, given: int | str | None, locale: str) -> pipelines.Pipeline:
    if given is None:
        return await pipelines.choose(tx, "deal", None, locale)
    number = as_id(given)
    named = pipeline.c.key == given if number is None else pipeline.c.id == number
    number = await tx.scalar(select(pipeline.c.id).where(named))
    if number is None:
        raise NotFound("There is no such pipeline")
    return await pipelines.load(tx, number, locale)


def _chosen(viewer: Viewer, filters: FunnelFilters, pipeline_id: int) -> ColumnElement[bool]:
    """The rows of `card_funnel` (joined with `card`) that the report is over.

    Of the deleted ones those stay counted that are closed; each way of counting sees to that.
    """
    f, midnight = card_funnel.c, viewer.company.midnight
    parts = [f.pipeline_id == pipeline_id, sees_card(viewer)]
    if filters.start is not None:
        parts.append(f.entered_at >= midnight(filters.start))
    if filters.end is not None:
        parts.append(f.entered_at < viewer.company.end(filters.end))
    if filters.owner_id is not None:
        parts.append(card.c.owner_id == filters.owner_id)
    return and_(*parts)


async def _outcomes(tx: Unit, chosen: ColumnElement[bool]) -> list[Outcome]:
    f = card_funnel.c
    void = case((and_(f.state == "lost", reason.c.group == "void"), 1), else_=0)
    query = (
        select(f.furthest_stage_id, f.state, func.count(), func.sum(void))
        .join(card, card.c.id == f.card_id)
        .outerjoin(reason, reason.c.id == card.c.reason_id)
        .where(chosen)
        .group_by(f.furthest_stage_id, f.state)
    )
    return [
        Outcome(stage_id, state, count, int(lost))
        for stage_id, state, count, lost in await tx.run(query)
    ]


def _visits(chosen: ColumnElement[bool], *columns: Any) -> Any:
    v, f = card_stage_visit.c, card_funnel.c
    return (
        select(v.stage_id, *columns)
        .join(card_funnel, and_(f.card_id == v.card_id, f.pipeline_id == v.pipeline_id))
        .join(card, card.c.id == v.card_id)
        .where(chosen)
    )


async def _dwell(tx: Unit, chosen: ColumnElement[bool]) -> dict[int, Dwell]:
    v = card_stage_visit.c
    back = cast(v.returns > literal(0), Integer)
    columns: list[Any] = [func.count(), func.sum(back), func.sum(v.visits)]
    exact = tx.conn.dialect.name == "postgresql"
    if exact:
        done = v.open_since.is_(None)
        columns += [
            func.percentile_cont(share).within_group(v.seconds).filter(done) for share in (0.5, 0.8)
        ]
    rows = (await tx.run(_visits(chosen, *columns).group_by(v.stage_id))).all()
    if exact:
        return {
            row[0]: Dwell(
                touched=row[1], returned=int(row[2]), visits=int(row[3]), median=row[4], p80=row[5]
            )
            for row in rows
        }
    seconds: dict[int, list[float]] = defaultdict(list)
    for stage_id, spent in await tx.run(_visits(chosen, v.seconds).where(v.open_since.is_(None))):
        seconds[stage_id].append(spent)
    return {
        row[0]: Dwell(
            touched=row[1], returned=int(row[2]), visits=int(row[3]), **_times(seconds[row[0]])
        )
        for row in rows
    }


def _times(seconds: Sequence[float]) -> dict[str, float | None]:
    return {"median": rules.percentile(seconds, 0.5), "p80": rules.percentile(seconds, 0.8)}


async def _from_events(
    tx: Unit, viewer: Viewer, chosen: ColumnElement[bool], pipeline_id: int, as_of: datetime
) -> Found:
    """The same facts as they were at an earlier instant, folded from the events before it."""
    histories, groups, deleted = await _histories(tx, chosen, as_of)
    ids = set((await tx.run(select(pipeline.c.id))).scalars())
    stages = await pipelines.all_stages(tx, ids, viewer.company.locale)
    outcomes: dict[tuple[int | None, str], list[int]] = defaultdict(lambda: [0, 0])
    folded: list[Facts] = []
    for card_id, events in histories.items():
        past = facts.fold(events, stages)
        funnel = past.funnels.get(pipeline_id)
        if funnel is None or (card_id in deleted and funnel.state not in CLOSED):
            continue
        folded.append(past)
        count = outcomes[funnel.furthest_stage_id, funnel.state]
        count[0] += 1
        count[1] += funnel.state == "lost" and groups.get(card_id) == "void"
    return [Outcome(*key, *count) for key, count in outcomes.items()], _dwell_of(
        folded, pipeline_id
    )


async def _histories(
    tx: Unit, chosen: ColumnElement[bool], as_of: datetime
) -> tuple[dict[int, list[StageEvent]], dict[int, str], set[int]]:
    """The stage events of the chosen cards before an instant, without those voided by then.

    Beside them the group of each card's last reason, and the cards that were deleted by then.
    """
    e, later = card_event.c, card_event.alias("later")
    voided = select(later.c.voids_id).where(later.c.voids_id.is_not(None), later.c.at < as_of)
    gone = func.coalesce(card.c.deleted_at < as_of, false())
    query = (
        select(e.card_id, e.event, e.at, e.from_stage_id, e.to_stage_id, reason.c.group, gone)
        .join(card, card.c.id == e.card_id)
        .join(card_funnel, card_funnel.c.card_id == e.card_id)
        .outerjoin(reason, reason.c.id == e.reason_id)
        .where(chosen, e.at < as_of, e.event.in_(facts.MOVING), e.id.not_in(voided))
        .order_by(e.card_id, e.seq)
    )
    histories: dict[int, list[StageEvent]] = defaultdict(list)
    groups: dict[int, str] = {}
    deleted: set[int] = set()
    for card_id, event, at, origin, target, group, is_gone in await tx.run(query):
        histories[card_id].append(StageEvent(EventKind(event), at, origin, target))
        if event == EventKind.LOST:
            groups[card_id] = group
        if is_gone:
            deleted.add(card_id)
    return histories, groups, deleted


def _dwell_of(folded: Sequence[Facts], pipeline_id: int) -> dict[int, Dwell]:
    visits = defaultdict(list)
    for past in folded:
        for visit in past.visits.values():
            if visit.pipeline_id == pipeline_id:
                visits[visit.stage_id].append(visit)
    return {
        stage_id: Dwell(
            touched=len(seen),
            returned=sum(visit.returns > 0 for visit in seen),
            visits=sum(visit.visits for visit in seen),
            **_times([visit.seconds for visit in seen if visit.open_since is None]),
        )
        for stage_id, seen in visits.items()
    }


def _report(
    viewer: Viewer,
    filters: FunnelFilters,
    home: pipelines.Pipeline,
    found: Found,
    as_of: datetime,
    number: int,
) -> FunnelReport:
    outcomes, dwell = found
    line = main_line(home.stages)
    counts = rules.balance([stage.id for stage in line], outcomes, dwell)
    first = counts.rows[0].reached if counts.rows else 0
    by_id = {stage.id: stage for stage in line}
    unseen = Dwell()
    stages = [
        _stage(by_id[row.stage_id], row, dwell.get(row.stage_id, unseen), first)
        for row in counts.rows
    ]
    beside = (stage for stage in home.stages if stage.kind is StageKind.DETOUR)
    return FunnelReport(
        pipeline=home.key, pipeline_version=number, basis="cohort", count="furthest", by="count",
        start=filters.start, end=filters.end, as_of=as_of, scope=viewer.reads,  # type: ignore[arg-type]
        stages=stages, detours=[_detour(stage, dwell.get(stage.id, unseen)) for stage in beside],
        entered=counts.entered, won=counts.won, lost=counts.lost, open=counts.open,
        moved_out=counts.moved_out, win_rate=rules.win_rate(counts.won, counts.lost, counts.void),
    )  # fmt: skip


def _stage(stage: Stage, row: rules.Row, seen: Dwell, first: int) -> FunnelStage:
    return FunnelStage(
        stage_id=stage.id, key=stage.key, name=stage.name, reached=row.reached,
        advanced=row.advanced, lost=row.lost, open=row.open, moved_out=row.moved_out,
        conversion=rules.ratio(row.advanced, row.reached),
        resolved_conversion=rules.ratio(row.advanced, row.advanced + row.lost),
        drop_off=rules.ratio(row.lost, row.reached), still_open=rules.ratio(row.open, row.reached),
        cumulative=rules.ratio(row.advanced, first),
        median_days=rules.days(seen.median), p80_days=rules.days(seen.p80),
        skipped=row.skipped, returned=row.returned,
    )  # fmt: skip


def _detour(stage: Stage, seen: Dwell) -> Detour:
    return Detour(
        stage_id=stage.id, key=stage.key, name=stage.name, cards=seen.touched, visits=seen.visits,
        median_days=rules.days(seen.median),
    )  # fmt: skip
