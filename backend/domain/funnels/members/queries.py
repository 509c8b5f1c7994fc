"""Who was in a cohort on an earlier day.

Who was closed by then is told by the facts as they are; of the others those who had gone the same
way are told together.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Select, func, or_, select, union_all

from backend.db.models import card, card_funnel
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards.facts import fold
from backend.domain.funnels import rules
from backend.domain.funnels.cohort import queries as cohort
from backend.domain.funnels.lives.queries import taken_back_since, those
from backend.domain.funnels.lots.rules import Lot
from backend.domain.funnels.rules import Dwell, Role
from backend.domain.funnels.schemas import FunnelFilters
from backend.domain.funnels.selection import queries as selection
from backend.domain.funnels.then import queries as then
from backend.domain.pipelines import queries as pipelines
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import main_line

_F = card_funnel.c


async def lots(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> list[Lot]:
    """The cohort, those alike together; what closed cards were worth is told only by amount."""
    known = await _known(tx, viewer)
    went = _went(viewer, filters, home, as_of, known)
    m = _unsettled(viewer, filters, home, known, went).c
    sums = (func.count(), func.count(m.amount), func.sum(m.amount))
    query = select(m.way, m.currency, *sums).group_by(m.way, m.currency)
    voids = await selection.voids(tx, home.id)
    found = [
        Lot(
            _roles(filters, home, way, as_of, known, voids),
            currency,
            cards,
            valued,
            int(amount or 0),
        )
        for way, currency, cards, valued, amount in await tx.run(query)
    ]
    if filters.by == "count":
        line = _line(home)
        tracks = await cohort.tracks(tx, viewer, filters, home.id, None, _settled(as_of))
        found += [Lot((*rules.roles(line, way, filters.count),), "", n, 0, 0) for way, n in tracks]
    return found


async def card_ids(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime,
    role: Role, after: int, limit: int, currency: str | None = None,
) -> list[int]:  # fmt: skip
    """The first cards behind an id that play a role, in a currency where one is given."""
    known, voids = await _known(tx, viewer), await selection.voids(tx, home.id)
    found, played = [], dict[str, bool]()
    async for card_id, way, unit in _walk(tx, viewer, filters, home, as_of, known, after):
        if currency not in (None, unit):
            continue
        if way not in played:
            played[way] = role in _roles(filters, home, way, as_of, known, voids)
        if played[way]:
            found.append(card_id)
            if len(found) == limit:
                break
    if filters.by == "count":
        found += await cohort.card_ids(
            tx, viewer, filters, home, role, after, limit, _settled(as_of)
        )
    return sorted(found)[:limit]


async def dwell(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> dict[int, Dwell]:
    """Times in stages."""
    known = await _known(tx, viewer)
    went = _went(viewer, filters, home, as_of, known)
    own = select(_unsettled(viewer, filters, home, known, went).c.card_id)
    seen = then.visits(tx.conn.dialect.name, known, home.id, went, own)
    if filters.by == "amount":
        return await cohort.dwell(tx, seen, as_of)
    settled = cohort.visits(viewer, filters, home, _settled(as_of))
    return await cohort.dwell(tx, union_all(settled, seen), as_of)


async def _known(tx: Unit, viewer: Viewer) -> then.Stages:
    return await pipelines.all_stages(tx, None, viewer.company.locale)


def _line(home: Pipeline) -> list[int]:
    return [one.id for one in main_line(home.stages)]


def _roles(
    filters: FunnelFilters, home: Pipeline, way: str, as_of: datetime, known: then.Stages,
    voids: set[int],
) -> tuple[Role, ...]:  # fmt: skip
    """The numbers that a card is counted in that went this way."""
    funnel = fold(then.events(way, as_of), known).funnels[home.id]
    return tuple(rules.roles(_line(home), rules.track_of(funnel, voids), filters.count))


def _settled(as_of: datetime) -> cohort.Only:
    """That a card was closed before an instant, and its facts are what they were."""
    return _F.closed_at < as_of, _F.card_id.not_in(taken_back_since(as_of))


async def _walk(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime,
    known: then.Stages, after: int,
) -> AsyncIterator[tuple[int, str, str]]:  # fmt: skip
    """The unsettled cards behind an id, the ways they had gone and their currencies, read as far
    as is asked for."""
    candidates, about = _candidates(viewer, filters, home, as_of), selection.about(viewer, filters)
    last: int | None = after
    while last is not None:
        span = [card.c.id > last]
        behind = those([*about, *span], candidates, as_of)
        last = await tx.scalar(behind.order_by(card.c.id).offset(cohort.AT_ONCE - 1).limit(1))
        if last is not None:
            span.append(card.c.id <= last)
        went = _went(viewer, filters, home, as_of, known, span)
        m = _unsettled(viewer, filters, home, known, went).c
        for row in await tx.run(select(m.card_id, m.way, m.currency).order_by(m.card_id)):
            yield row.card_id, row.way, row.currency


def _candidates(
    viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> Select[Any]:
    """The cards of a cohort of which the facts do not tell; by amount all of them."""
    query = select(_F.card_id).where(
        _F.pipeline_id == home.id, *selection.within(viewer, filters, _F.entered_at)
    )
    if filters.by == "count":
        query = query.where(or_(_F.closed_at.is_(None), _F.closed_at >= as_of))
    return query


def _went(
    viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime, known: then.Stages,
    span: cohort.Only = (),
) -> CTE:  # fmt: skip
    """The steps of these cards, of all or of a span of them."""
    candidates = _candidates(viewer, filters, home, as_of)
    about = [*selection.about(viewer, filters), *span]
    return then.went(known, home.id, about, candidates, as_of)


def _unsettled(
    viewer: Viewer, filters: FunnelFilters, home: Pipeline, known: then.Stages, went: CTE
) -> CTE:
    """Those of them that were in the cohort, as they were."""
    was = went.c
    query = select(was.card_id, was.way, was.amount, was.currency).where(
        was.is_last, was.entered_at.is_not(None),
        *selection.within(viewer, filters, was.entered_at), then.counted(known, was),
    )  # fmt: skip
    if filters.reason_id is not None:
        query = query.where(then.lost_for(known, home.id, was) == filters.reason_id)
    return query.cte("unsettled")
