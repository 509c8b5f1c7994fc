"""Cohorts as they stand now, from the stored facts: cards on one track are counted together."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, SelectBase, and_, case, func, literal, select

from backend.db.models import card, card_funnel, card_stage_visit
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.funnels import rules
from backend.domain.funnels.rules import Dwell, Role, Track
from backend.domain.funnels.schemas import FunnelFilters
from backend.domain.funnels.selection import queries as selection
from backend.domain.funnels.times import queries as times
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import main_line

AT_ONCE = 2000
Only = Sequence[ColumnElement[bool]]  # what else the facts of a cohort's cards fulfil
_F = card_funnel.c
_TRACK = (
    _F.furthest_stage_id, _F.strict_stage_id, _F.state, _F.touched, _F.returned,
    (_F.reopened > literal(0)).label("reopened"), _F.entered_late, _F.reason_id,
)  # fmt: skip


def _of(
    viewer: Viewer, filters: FunnelFilters, pipeline_id: int, only: Only, *columns: Any
) -> Select[Any]:
    """A select from the facts of a cohort; cards are joined only where something asks for them."""
    about = selection.about(viewer, filters)
    conditions = [
        _F.pipeline_id == pipeline_id,
        *selection.within(viewer, filters, _F.entered_at),
        *about,
        *only,
    ]
    if filters.reason_id is not None:
        conditions.append(_F.reason_id == filters.reason_id)
    query = select(*columns).select_from(card_funnel)
    if about or filters.by == "amount":
        query = query.join(card, card.c.id == _F.card_id)
        return query.where(*conditions, selection.counted())
    return query.where(*conditions, _F.card_id.not_in(selection.gone()))


def only_in(currency: str | None) -> Only:
    """The cards in a currency, of a funnel of amounts; of another all."""
    return () if currency is None else (card.c.currency == currency,)


def _track(row: Any, voids: set[int]) -> Track:
    return Track(
        row[0], row[1], row[2], rules.ids(row[3]), rules.ids(row[4]), bool(row[5]), bool(row[6]),
        row[7] in voids,
    )  # fmt: skip


async def tracks(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, pipeline_id: int, currency: str | None,
    only: Only = (),
) -> list[tuple[Track, int]]:  # fmt: skip
    """How many cards, or how much of a currency, went which way."""
    weight: ColumnElement[Any] = func.count()
    if currency is not None:
        worth = func.coalesce(card.c.amount, 0)
        weight = func.sum(case((card.c.currency == currency, worth), else_=0))
    query = _of(viewer, filters, pipeline_id, only, *_TRACK, weight).group_by(*_TRACK)
    voids = await selection.voids(tx, pipeline_id)
    return [(_track(row, voids), int(row[8])) for row in await tx.run(query)]


async def card_ids(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, role: Role, after: int,
    limit: int, only: Only = (),
) -> list[int]:  # fmt: skip
    """The first cards behind an id that play a role."""
    line, found = [one.id for one in main_line(home.stages)], []
    counted: dict[Track, bool] = {}
    async for card_id, way in _walk(tx, viewer, filters, home.id, after, only):
        if way not in counted:
            counted[way] = role in set(rules.roles(line, way, filters.count))
        if counted[way]:
            found.append(card_id)
            if len(found) == limit:
                break
    return found


async def _walk(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, pipeline_id: int, after: int, only: Only
) -> AsyncIterator[tuple[int, Track]]:
    """The cards of a cohort behind an id, one after the other."""
    voids = await selection.voids(tx, pipeline_id)
    query = _of(viewer, filters, pipeline_id, only, *_TRACK, _F.card_id).order_by(_F.card_id)
    while True:
        rows = (await tx.run(query.where(_F.card_id > after).limit(AT_ONCE))).all()
        for row in rows:
            yield row[8], _track(row, voids)
        if len(rows) < AT_ONCE:
            return
        after = rows[-1][8]


async def currencies(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, pipeline_id: int
) -> list[tuple[str, int, int, int | None]]:
    """(currency, cards, with an amount, sum) of a cohort."""
    c = card.c
    columns = (c.currency, func.count(), func.count(c.amount), func.sum(c.amount))
    query = _of(viewer, filters, pipeline_id, (), *columns).group_by(c.currency)
    return [
        (code, cards, valued, None if amount is None else int(amount))
        for code, cards, valued, amount in await tx.run(query)
    ]


def visits(viewer: Viewer, filters: FunnelFilters, home: Pipeline, only: Only = ()) -> Select[Any]:
    """The same of the visits of a cohort; the stages are named for the index's sake."""
    v, about, only = card_stage_visit.c, selection.about(viewer, filters), [*only]
    query = select(v.stage_id, v.visits, v.seconds, v.open_since).where(
        v.pipeline_id == home.id, v.stage_id.in_([one.id for one in home.stages]),
        *selection.within(viewer, filters, v.cohort_at), *about,
    )  # fmt: skip
    if filters.reason_id is not None:
        only.append(_F.reason_id == filters.reason_id)
    if only:
        own = and_(_F.card_id == v.card_id, _F.pipeline_id == v.pipeline_id)
        # The same instant as `cohort_at`: so that the facts of no other cards are read.
        only += selection.within(viewer, filters, _F.entered_at)
        query = query.join(card_funnel, own).where(*only)
    if about:
        return query.join(card, card.c.id == v.card_id).where(selection.counted())
    return query.where(v.card_id.not_in(selection.gone()))


async def dwell(tx: Unit, seen: SelectBase, as_of: datetime) -> dict[int, Dwell]:
    """Times in stages over such visits, as of an instant."""
    v, dialect = seen.subquery().c, tx.conn.dialect.name
    done = v.open_since.is_(None)
    query = select(
        v.stage_id, func.sum(v.visits), times.spread(dialect, v.seconds, done),
        func.avg(v.seconds).filter(done), times.ages(dialect, v.open_since, as_of, ~done),
    ).group_by(v.stage_id)  # fmt: skip
    found = {}
    for stage_id, many, spent, mean, since in await tx.run(query):
        median, p80 = times.percentiles(spent)
        age, _ = times.percentiles_of_ages(since, as_of)
        mean = None if mean is None else float(mean)
        found[stage_id] = Dwell(visits=int(many), median=median, p80=p80, mean=mean, age=age)
    return found
