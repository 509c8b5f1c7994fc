"""The figures of a board that come after its cards: the funnel's, and what needs a person."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import func, or_, select

from backend.db.models import card, reason
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.boards import rules
from backend.domain.boards.lanes import queries as lanes
from backend.domain.boards.schemas import BoardFilters, Figures, StageFigures
from backend.domain.cards.queries import goes_stale
from backend.domain.funnels import queries as funnels
from backend.domain.funnels.schemas import FunnelReport, SeveralOwners
from backend.domain.funnels.times import queries as times
from backend.domain.pipelines.schemas import PipelineOut

PERIOD = timedelta(days=90)


async def figures(tx: Unit, viewer: Viewer, home: PipelineOut, filters: BoardFilters) -> Figures:
    """What the funnel report says of a board's stages, and how many cards its flags would show.

    The cohort is that of the days asked for, else of the last 90; of the filters it knows owners
    and source.
    """
    today = viewer.company.today(tx.now)
    last = filters.created_to or today
    start = filters.created_from or last - PERIOD
    asked = SeveralOwners(
        pipeline=home.id, start=start, end=last, source=filters.source, owners=filters.owners
    )
    report = await funnels.funnel(tx, viewer, asked)
    reasons = await _top_reasons(tx, viewer, home, filters)
    late, idle, stale = await _waiting_for_somebody(tx, viewer, home, filters)
    return Figures(
        first=start, last=last, stages=_stages(home, report, reasons),
        late=late, without_task=idle, stale=stale,
        days_to_win=await _days_to_win(tx, viewer, home, filters),
    )  # fmt: skip


async def _days_to_win(
    tx: Unit, viewer: Viewer, home: PipelineOut, filters: BoardFilters
) -> Decimal | None:
    """The median of the days from entering to winning, of what was won in the last 90 days."""
    layout = await lanes.layout(tx, viewer, home, filters, flagged=False)
    c, dialect = card.c, tx.conn.dialect.name
    won = (c.pipeline_id == home.id, c.state == "won", c.closed_at >= tx.now - PERIOD)
    took = times.lasted(dialect, c.entered_at, c.closed_at)
    spent = times.spread(dialect, took, c.entered_at.is_not(None))
    median, _ = times.percentiles(await tx.scalar(layout.select(spent).where(*won)))
    return None if median is None else Decimal(median) / 86_400


async def _waiting_for_somebody(
    tx: Unit, viewer: Viewer, home: PipelineOut, filters: BoardFilters
) -> tuple[int, int, int]:
    layout = await lanes.layout(tx, viewer, home, filters, flagged=False)
    here = (card.c.pipeline_id == home.id, card.c.state == "open")
    idle = layout.select(func.count()).where(*here, lanes.NO_TASK)
    stale = layout.select(func.count()).where(*here, goes_stale(tx.now))
    late = layout.select(func.count()).where(*here, lanes.late(tx.now))
    query = select(*(one.scalar_subquery() for one in (late, idle, stale)))
    found = (await tx.run(query)).one()
    return int(found[0]), int(found[1]), int(found[2])


async def _top_reasons(
    tx: Unit, viewer: Viewer, home: PipelineOut, filters: BoardFilters
) -> dict[int, str]:
    """For what most of the cards in a lost column were lost, by its stage."""
    layout = await lanes.layout(tx, viewer, home, filters)
    lost = [place.where for place in layout.places if place.lane.kind == "lost"]
    if not lost:
        return {}
    named = reason.c[f"name_{viewer.company.locale}"]
    query = (
        layout.select(card.c.stage_id, named)
        .join(reason, reason.c.id == card.c.reason_id)
        .where(or_(*lost))
        .group_by(card.c.stage_id, reason.c.id, named)
        .order_by(func.count(), reason.c.id.desc())
    )
    return {stage_id: str(name) for stage_id, name in await tx.run(query)}


def _stages(home: PipelineOut, report: FunnelReport, reasons: dict[int, str]) -> list[StageFigures]:
    line = {one.stage_id: one for one in report.stages}
    beside = {one.stage_id: one.median_days for one in report.detours}
    shapes = rules.bands([int(one.reached) for one in report.stages], int(report.won))
    shape = dict(zip([*line, "won"], shapes, strict=True))
    found, height = [], 0
    for one in home.stages:
        row = line.get(one.id)
        band = shape.get("won" if one.kind == "won" else one.id)
        if one.kind == "detour":
            band = rules.Band(height, height)
        height = height if band is None else band.right
        found.append(
            StageFigures(
                key=str(one.id), kind=one.kind,
                band=band,
                conversion=None if row is None else row.conversion,
                drop_off=None if row is None else row.drop_off,
                median_days=beside.get(one.id) if row is None else row.median_days,
                top_reason=reasons.get(one.id),
                win_rate=report.win_rate if one.kind == "won" else None,
                is_low=one.id == report.low_stage_id,
            )
        )  # fmt: skip
    return found
