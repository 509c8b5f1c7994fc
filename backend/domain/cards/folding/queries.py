"""Reading many cards at once: those that a changed pipeline concerns, their events and facts."""

from collections.abc import Sequence

from sqlalchemy import or_, select, union

from backend.db.models import card, card_funnel, card_stage_visit
from backend.db.session import Row, Unit
from backend.domain.cards.facts import Facts, Funnel, Visit


async def of_pipeline(tx: Unit, pipeline_id: int) -> list[int]:
    """The cards that ever entered a pipeline."""
    query = select(card_funnel.c.card_id).where(card_funnel.c.pipeline_id == pipeline_id)
    return list((await tx.run(query.order_by(card_funnel.c.card_id))).scalars())


async def of_stage(tx: Unit, stage_id: int) -> list[int]:
    """The cards whose facts name a stage."""
    visited = select(card_stage_visit.c.card_id).where(card_stage_visit.c.stage_id == stage_id)
    f = card_funnel.c
    named = select(f.card_id).where(
        or_(f.furthest_stage_id == stage_id, f.lost_from_stage_id == stage_id)
    )
    return sorted((await tx.run(union(visited, named))).scalars())


async def held(tx: Unit, after: int, limit: int) -> list[int]:
    """The next cards behind an id, deleted ones too, locked for writing."""
    query = select(card.c.id).where(card.c.id > after).order_by(card.c.id).limit(limit)
    return list((await tx.run(query.with_for_update())).scalars())


async def standing(tx: Unit, stage_id: int, limit: int) -> list[Row]:
    """The first cards of a column, deleted ones too, locked for writing."""
    query = select(card).where(card.c.stage_id == stage_id).order_by(card.c.position)
    return await tx.rows(query.limit(limit).with_for_update())


async def facts(tx: Unit, card_ids: Sequence[int]) -> dict[int, Facts]:
    """The stored facts of cards."""
    found = {card_id: Facts() for card_id in card_ids}
    for row in await tx.rows(select(card_funnel).where(card_funnel.c.card_id.in_(card_ids))):
        funnel = Funnel(**{name: row[name] for name in Funnel.__slots__})
        found[row["card_id"]].funnels[row["pipeline_id"]] = funnel
    visits = select(card_stage_visit).where(card_stage_visit.c.card_id.in_(card_ids))
    for row in await tx.rows(visits):
        visit = Visit(**{name: row[name] for name in Visit.__slots__})
        found[row["card_id"]].visits[row["stage_id"]] = visit
    return found
