"""How cards left their stages within a period: the last exit of each card from each stage."""

from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Select, and_, func, literal, select

from backend.db.models import card, card_event, card_funnel
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.funnels.flow.rules import roles
from backend.domain.funnels.lots.rules import Lot
from backend.domain.funnels.rules import Role
from backend.domain.funnels.schemas import FunnelFilters
from backend.domain.funnels.selection import queries as selection
from backend.domain.funnels.then.queries import (
    Stages,
    counted,
    living,
    lost_for,
    of_kind,
    steps,
    went,
)
from backend.domain.pipelines import queries as pipelines
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import StageKind, main_line

_LEFT = set(StageKind) - {StageKind.HOLDING}


async def lots(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> list[Lot]:
    """The exits of a period, those alike together."""
    known = await pipelines.all_stages(tx, None, viewer.company.locale)
    asked = await _asked(tx, viewer, filters, home, as_of, known)
    line = [one.id for one in main_line(home.stages)]
    x = asked.subquery().c
    alike = (x.origin_id, x.target_id, x.last, x.void, x.currency)
    sums = (func.count(), func.count(x.amount), func.sum(x.amount))
    return [
        Lot(
            roles(line, known, origin, target, last=bool(last), void=bool(void)),
            currency, cards, valued, int(amount or 0),
        )
        for origin, target, last, void, currency, cards, valued, amount in await tx.run(
            select(*alike, *sums).group_by(*alike)
        )
    ]  # fmt: skip


async def card_ids(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime,
    role: Role, after: int, limit: int, currency: str | None = None,
) -> list[int]:  # fmt: skip
    """The first cards behind an id that play a role, in a currency where one is given."""
    known = await pipelines.all_stages(tx, None, viewer.company.locale)
    x = (await _asked(tx, viewer, filters, home, as_of, known)).subquery().c
    query = select(x.card_id, x.origin_id, x.target_id, x.last, x.void).where(
        x.card_id > after, x.last if role[1] is None else x.origin_id == role[1]
    )
    if currency is not None:
        query = query.where(x.currency == currency)
    line = [one.id for one in main_line(home.stages)]
    found = []
    for card_id, origin, target, last, void in await tx.run(query.order_by(x.card_id)):
        if role in roles(line, known, origin, target, last=bool(last), void=bool(void)):
            found.append(card_id)
            if len(found) == limit:
                break
    return found


async def _asked(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime,
    known: Stages,
) -> Select[Any]:  # fmt: skip
    """The exits of the cards that count, each with what its card was worth, and whether it was
    lost for a reason that says it should never have been."""
    exits = _exits(viewer, filters, home, as_of, known)
    about = selection.about(viewer, filters)
    if as_of == tx.now:
        found = _now(exits, home).where(*about).subquery().c
    else:
        ids = select(exits.c.card_id)
        found = _then(exits, home, known, went(known, home.id, about, ids, as_of)).subquery().c
    voids = await selection.voids(tx, home.id)
    void = func.coalesce(found.reason_id.in_(voids), literal(False)).label("void")
    query = select(
        found.card_id, found.origin_id, found.target_id, found.last, void, found.amount,
        found.currency,
    ).where(found.nth == 1)  # fmt: skip
    if filters.reason_id is not None:
        query = query.where(found.reason_id == filters.reason_id)
    return query


def _exits(
    viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime, known: Stages
) -> CTE:
    """All exits within the period; `nth` counts a card's from its stage, the last one first."""
    e = card_event.c
    origin, target = living(known, e.from_stage_id), living(known, e.to_stage_id)
    newest = e.seq.desc()
    nth = func.row_number().over(partition_by=(e.card_id, origin), order_by=newest)
    of_all = func.row_number().over(partition_by=e.card_id, order_by=newest)
    return (
        select(
            e.card_id, origin.label("origin_id"), target.label("target_id"), nth.label("nth"),
            (of_all == literal(1)).label("last"),
        )
        .where(
            origin.in_(of_kind(known, home.id, *_LEFT)), steps(known, as_of), e.at < as_of,
            *selection.within(viewer, filters, e.at),
        )
        .cte("exits")
    )  # fmt: skip


def _now(exits: CTE, home: Pipeline) -> Select[Any]:
    """Beside what is stored of the cards."""
    f = card_funnel.c
    return (
        select(exits, f.reason_id, card.c.amount, card.c.currency)
        .join(card, card.c.id == exits.c.card_id)
        .join(card_funnel, and_(f.card_id == exits.c.card_id, f.pipeline_id == home.id))
        .where(selection.counted())
    )


def _then(exits: CTE, home: Pipeline, known: Stages, was: CTE) -> Select[Any]:
    """Beside what the cards were."""
    reason_id = lost_for(known, home.id, was.c).label("reason_id")
    return (
        select(exits, reason_id, was.c.amount, was.c.currency)
        .join(was, was.c.card_id == exits.c.card_id)
        .where(was.c.is_last, counted(known, was.c))
    )
