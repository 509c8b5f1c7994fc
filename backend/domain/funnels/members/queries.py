"""Who was in a cohort on an earlier day.

Who was closed by then is told by the facts as they are; of the others those who had gone the same
way are told together.
"""

from datetime import datetime

from sqlalchemy import CTE, func, or_, select, union_all

from backend.db.models import card_funnel
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards.facts import fold
from backend.domain.funnels import rules
from backend.domain.funnels.cohort import queries as cohort
from backend.domain.funnels.lives.queries import taken_back_since
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
    m = _unsettled(viewer, filters, home, as_of, known).c
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
        went = await cohort.tracks(tx, viewer, filters, home.id, None, _settled(as_of))
        found += [Lot((*rules.roles(line, way, filters.count),), "", n, 0, 0) for way, n in went]
    return found


async def card_ids(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime,
    role: Role, after: int, limit: int,
) -> list[int]:  # fmt: skip
    """The first cards behind an id that play a role."""
    known, voids = await _known(tx, viewer), await selection.voids(tx, home.id)
    m = _unsettled(viewer, filters, home, as_of, known).c
    query = select(m.card_id, m.way).where(m.card_id > after).order_by(m.card_id)
    found, played = [], dict[str, bool]()
    for card_id, way in await tx.run(query):
        if way not in played:
            played[way] = role in _roles(filters, home, way, as_of, known, voids)
        if played[way]:
            found.append(card_id)
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
    own = select(_unsettled(viewer, filters, home, as_of, known).c.card_id)
    seen = then.visits(tx.conn.dialect.name, known, home.id, own, as_of)
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


def _unsettled(
    viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime, known: then.Stages
) -> CTE:
    """The other cards of a cohort as they were; by amount all of them."""
    candidates = select(_F.card_id).where(
        _F.pipeline_id == home.id, *selection.within(viewer, filters, _F.entered_at)
    )
    if filters.by == "count":
        candidates = candidates.where(or_(_F.closed_at.is_(None), _F.closed_at >= as_of))
    was = then.stood(known, home.id, selection.about(viewer, filters), candidates, as_of).c
    query = select(was.card_id, was.way, was.amount, was.currency).where(
        was.entered_at.is_not(None), *selection.within(viewer, filters, was.entered_at),
        then.counted(known, was),
    )  # fmt: skip
    if filters.reason_id is not None:
        query = query.where(then.lost_for(known, home.id, was) == filters.reason_id)
    return query.cte("unsettled")
