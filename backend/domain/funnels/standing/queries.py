"""Who stands where: now by the cards, at an earlier instant by what had happened before it."""

from datetime import datetime

from sqlalchemy import CTE, and_, func, or_, select

from backend.db.models import card, card_funnel, card_stage_visit, stage
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.funnels.lots.rules import Here, Lot
from backend.domain.funnels.rules import WHOLE, Role
from backend.domain.funnels.schemas import FunnelFilters
from backend.domain.funnels.selection import queries as selection
from backend.domain.funnels.then.queries import chance, of_kind, went
from backend.domain.funnels.times import queries as times
from backend.domain.pipelines import queries as pipelines
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import StageKind


async def here(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> list[Here]:
    """The cards that stand in a pipeline, by stage and currency; ages are those of the stage."""
    s = (await _standing(tx, viewer, filters, home, as_of)).c
    sums = (
        select(
            s.stage_id, s.currency, func.count().label("cards"),
            func.count(s.amount).label("valued"), func.sum(s.amount).label("amount"),
            func.sum(func.coalesce(s.amount, 0) * s.chance).label("weighted"),
        )
        .group_by(s.stage_id, s.currency)
        .subquery()
    )  # fmt: skip
    gathered = times.ages(tx.conn.dialect.name, s.since, as_of, s.since.is_not(None))
    old = select(s.stage_id, gathered.label("ages")).group_by(s.stage_id).subquery()
    query = select(sums, old.c.ages).join(old, old.c.stage_id == sums.c.stage_id)
    found = []
    for stage_id, currency, cards, valued, amount, weighted, since in await tx.run(query):
        lot = Lot(_roles(stage_id), currency, cards, valued, int(amount or 0))
        told = times.percentiles_of_ages(since, as_of)
        found.append(Here(stage_id, lot, int(weighted), *told))
    return found


async def card_ids(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime,
    role: Role | None = None, after: int = 0, limit: int | None = None,
    currency: str | None = None,
) -> list[int]:  # fmt: skip
    """The cards that stand there; those that play a role, behind an id, in a currency."""
    s = (await _standing(tx, viewer, filters, home, as_of)).c
    bucket, stage_id = role or ("open", WHOLE)
    if bucket not in ("open", "entered" if stage_id is WHOLE else "reached"):
        return []
    query = select(s.card_id).where(s.card_id > after).order_by(s.card_id).limit(limit)
    if stage_id is not WHOLE:
        query = query.where(s.stage_id == stage_id)
    if currency is not None:
        query = query.where(s.currency == currency)
    return list((await tx.run(query)).scalars())


def _roles(stage_id: int) -> tuple[Role, ...]:
    return (("entered", WHOLE), ("open", WHOLE), ("reached", stage_id), ("open", stage_id))


async def _standing(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> CTE:
    """Each card: its stage, since when it stands there, what it is worth, with which chance."""
    if as_of == tx.now:
        return _now(viewer, filters, home)
    return await _then(tx, viewer, filters, home, as_of)


def _now(viewer: Viewer, filters: FunnelFilters, home: Pipeline) -> CTE:
    c, v = card.c, card_stage_visit.c
    query = (
        select(
            c.id.label("card_id"), c.stage_id, c.amount, c.currency, v.open_since.label("since"),
            func.coalesce(c.probability, stage.c.probability).label("chance"),
        )
        .join(stage, stage.c.id == c.stage_id)
        .join(card_stage_visit, and_(v.card_id == c.id, v.stage_id == c.stage_id))
        .where(
            c.pipeline_id == home.id, c.state == "open", c.deleted_at.is_(None),
            *selection.about(viewer, filters), *selection.within(viewer, filters, c.entered_at),
        )
    )  # fmt: skip
    if filters.reason_id is not None:
        query = query.where(c.reason_id == filters.reason_id)
    return query.cte("standing")


async def _then(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> CTE:
    f = card_funnel.c
    candidates = select(f.card_id).where(
        f.pipeline_id == home.id,
        f.entered_at < as_of,
        or_(f.closed_at.is_(None), f.closed_at >= as_of),
    )
    known = await pipelines.all_stages(tx, None, viewer.company.locale)
    chosen = selection.about(viewer, filters)
    was = went(known, home.id, chosen, candidates, as_of).c
    query = (
        select(
            was.card_id, was.stage_id, was.amount, was.currency, was.since,
            chance(tx.conn.dialect.name, as_of).label("chance"),
        )
        .join(card, card.c.id == was.card_id)
        .join(stage, stage.c.id == was.stage_id)
        .where(
            was.is_last,
            was.stage_id.in_(of_kind(known, home.id, StageKind.OPEN, StageKind.DETOUR)),
            ~was.deleted,
            *selection.within(viewer, filters, was.entered_at),
        )
    )  # fmt: skip
    if filters.reason_id is not None:
        query = query.where(was.reason_id == filters.reason_id)
    return query.cte("standing")
