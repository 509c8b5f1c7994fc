"""Reading funnels, and the cards behind each of their numbers."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import structs
from sqlalchemy import select

from backend.db.models import pipeline
from backend.db.page import Paging, after_id, cursor_behind
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.funnels import report, rules
from backend.domain.funnels.cohort import queries as cohort
from backend.domain.funnels.flow import queries as flow
from backend.domain.funnels.listed.queries import listed
from backend.domain.funnels.lots import rules as lots
from backend.domain.funnels.lots.rules import Lot
from backend.domain.funnels.members import queries as members
from backend.domain.funnels.report import Numbers
from backend.domain.funnels.rules import Dwell, Role
from backend.domain.funnels.schemas import (
    FunnelCardFilters,
    FunnelFilters,
    FunnelReport,
    ReportCards,
    Standing,
)
from backend.domain.funnels.selection import queries as selection
from backend.domain.funnels.standing import queries as standing
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import main_line
from backend.errors import BadRequest, NotFound, pointed


async def funnel(tx: Unit, viewer: Viewer, filters: FunnelFilters) -> FunnelReport:
    """A funnel over the cards that the viewer may see."""
    home = await selection.home_of(tx, viewer, filters.pipeline)
    as_of = selection.instant_of(tx, viewer, filters)
    former = None
    if filters.compare is not None:
        former = await funnel(tx, viewer, _before(filters))
    version = await tx.scalar(select(pipeline.c.version).where(pipeline.c.id == home.id))
    numbers = await _numbers(tx, viewer, filters, home, as_of)
    return report.put_together(viewer, filters, home, as_of, version, numbers, former)


def _before(filters: FunnelFilters) -> FunnelFilters:
    if filters.basis == "snapshot":
        raise BadRequest("Only a cohort or a flow has a period before it")
    return selection.before(filters)


async def _numbers(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> Numbers:
    unit = _unit(viewer, filters)
    if filters.basis == "snapshot":
        here = await standing.here(tx, viewer, filters, home, as_of)
        return _of_lots([row.lot for row in here], unit, stand=lots.standing(here))
    if filters.basis == "flow":
        return _of_lots(await flow.lots(tx, viewer, filters, home, as_of), unit)
    if as_of == tx.now:
        return await _from_facts(tx, viewer, filters, home, unit)
    timed = filters.times
    dwell = await members.dwell(tx, viewer, filters, home, as_of) if timed else None
    return _of_lots(await members.lots(tx, viewer, filters, home, as_of), unit, dwell=dwell)


def _unit(viewer: Viewer, filters: FunnelFilters) -> str | None:
    """The currency of a funnel of amounts; one of cards has none."""
    currency = filters.currency or viewer.company.currency
    money.digits(currency)
    return currency if filters.by == "amount" else None


def _of_lots(
    found: Sequence[Lot], unit: str | None, *, dwell: Mapping[int, Dwell] | None = None,
    stand: Mapping[int, Standing] | None = None,
) -> Numbers:  # fmt: skip
    others = lots.others(lots.by_currency(found), unit) if unit else []
    return Numbers(lots.counts(found, unit), dwell, stand, unit, others)


async def _from_facts(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, unit: str | None
) -> Numbers:
    line = [one.id for one in main_line(home.stages)]
    others = await cohort.currencies(tx, viewer, filters, home.id) if unit else []
    seen = cohort.visits(viewer, filters, home)
    went = await cohort.tracks(tx, viewer, filters, home.id, unit)
    return Numbers(
        counts=rules.tally((rules.roles(line, way, filters.count), many) for way, many in went),
        dwell=await cohort.dwell(tx, seen, tx.now) if filters.times else None,
        standing=None,
        currency=unit,
        others=lots.others(others, unit) if unit else [],
    )


async def cards(tx: Unit, viewer: Viewer, filters: FunnelCardFilters) -> ReportCards:
    """The cards that one number of a funnel counts."""
    home, asked, role = await _number(tx, viewer, filters)
    told = {name: getattr(filters, name) for name in FunnelFilters.__struct_fields__}
    paging = Paging.of(
        filters.limit, "id", filters.cursor, False, {**told, "role": role, "home": home.id}
    )
    own = await _playing(tx, viewer, asked, home, role, after_id(paging), filters.limit + 1)
    page = own[: filters.limit]
    return ReportCards(
        items=await listed(tx, viewer, page, selection.instant_of(tx, viewer, filters)),
        next_cursor=cursor_behind(paging, page[-1]) if len(own) > filters.limit else None,
    )


async def card_ids(tx: Unit, viewer: Viewer, filters: FunnelCardFilters, after: int) -> list[int]:
    """The same by id alone, behind one of them."""
    home, asked, role = await _number(tx, viewer, filters)
    return await _playing(tx, viewer, asked, home, role, after, filters.limit)


async def counted(tx: Unit, viewer: Viewer, filters: FunnelCardFilters) -> int:
    """How many cards there are behind a number: the number itself, where cards are counted."""
    home, asked, role = await _number(tx, viewer, filters)
    as_of = selection.instant_of(tx, viewer, filters)
    unit = _unit(viewer, asked)
    if unit is None:
        asked = structs.replace(asked, times=False)
        return (await _numbers(tx, viewer, asked, home, as_of)).counts.get(role, 0)
    found = await _lots(tx, viewer, asked, home, as_of, unit)
    return lots.counts([one for one in found if one.currency == unit], None).get(role, 0)


async def _lots(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime, unit: str
) -> list[Lot]:
    """The cards of a funnel of amounts, those alike together."""
    if filters.basis == "snapshot":
        return [one.lot for one in await standing.here(tx, viewer, filters, home, as_of)]
    if filters.basis == "flow":
        return await flow.lots(tx, viewer, filters, home, as_of)
    if as_of != tx.now:
        return await members.lots(tx, viewer, filters, home, as_of)
    line, own = [one.id for one in main_line(home.stages)], cohort.only_in(unit)
    went = await cohort.tracks(tx, viewer, filters, home.id, None, own)
    return [Lot((*rules.roles(line, way, filters.count),), unit, many, 0, 0) for way, many in went]


async def _number(
    tx: Unit, viewer: Viewer, filters: FunnelCardFilters
) -> tuple[Pipeline, FunnelFilters, Role]:
    """The pipeline, the funnel and the number in it that cards are asked for; NotFound."""
    home = await selection.home_of(tx, viewer, filters.pipeline)
    found = None if filters.stage is None else home.stage(filters.stage)
    if filters.stage is not None and found is None:
        raise pointed("This pipeline has no such stage", "/stage", NotFound)
    told = {name: getattr(filters, name) for name in FunnelFilters.__struct_fields__}
    return home, FunnelFilters(**told), (filters.bucket, None if found is None else found.id)


async def _playing(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, role: Role, after: int,
    limit: int,
) -> list[int]:  # fmt: skip
    """The first cards behind an id that are counted in a number."""
    as_of, unit = selection.instant_of(tx, viewer, filters), _unit(viewer, filters)
    if filters.basis == "cohort" and as_of == tx.now:
        own = cohort.only_in(unit)
        return await cohort.card_ids(tx, viewer, filters, home, role, after, limit, own)
    told = tx, viewer, filters, home, as_of, role, after, limit, unit
    if filters.basis == "snapshot":
        return await standing.card_ids(*told)
    if filters.basis == "flow":
        return await flow.card_ids(*told)
    return await members.card_ids(*told)
