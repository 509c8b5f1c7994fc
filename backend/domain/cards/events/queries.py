"""Reading what happened to a card: events, facts, history."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, or_, select

from backend.db.models import (
    app_user,
    card,
    card_event,
    card_funnel,
    card_stage_visit,
    pipeline,
    stage,
    task,
)
from backend.db.prepared import Prepared
from backend.db.session import Row, Unit
from backend.domain.cards.facts import Facts, Funnel, StageEvent, Visit
from backend.domain.stages import EventKind

_STANDINGS = (
    select(
        card.c.id,
        pipeline.c.version.label("pipeline_version"),
        exists()
        .where(task.c.card_id == card.c.id, task.c.made_by.is_not(None), task.c.done_at.is_(None))
        .label("has_steps"),
        *(card_funnel.c[name].label(f"f_{name}") for name in Funnel.__slots__),
        *(card_stage_visit.c[name].label(f"v_{name}") for name in Visit.__slots__),
    )
    .select_from(card)
    .join(pipeline, pipeline.c.id == card.c.pipeline_id)
    .outerjoin(card_funnel, card_funnel.c.card_id == card.c.id)
    .outerjoin(
        card_stage_visit,
        and_(
            card_stage_visit.c.card_id == card.c.id,
            card_stage_visit.c.pipeline_id == card_funnel.c.pipeline_id,
        ),
    )
)
_STANDING = Prepared(_STANDINGS.where(card.c.id == bindparam("card_id")))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a card stands before it is moved: its facts, the version of its pipeline, and whether
    it has open tasks that rules made."""

    facts: Facts
    pipeline_version: int
    has_steps: bool


async def standing(tx: Unit, card_id: int) -> Standing:
    """How a card that is locked stands; to be read after the lock, so that it is the latest."""
    return _standing(await tx.rows(_STANDING, {"card_id": card_id}))


async def standings(tx: Unit, card_ids: Sequence[int]) -> dict[int, Standing]:
    """The same for many cards."""
    rows: dict[int, list[Row]] = {card_id: [] for card_id in card_ids}
    for row in await tx.rows(_STANDINGS.where(card.c.id.in_(card_ids))):
        rows[row["id"]].append(row)
    return {card_id: _standing(own) for card_id, own in rows.items()}


def _standing(rows: Sequence[Row]) -> Standing:
    found = Facts()
    for row in rows:
        if (pipeline_id := row["f_pipeline_id"]) is not None:
            found.funnels[pipeline_id] = Funnel(**{k: row[f"f_{k}"] for k in Funnel.__slots__})
        if (stage_id := row["v_stage_id"]) is not None:
            found.visits[stage_id] = Visit(**{k: row[f"v_{k}"] for k in Visit.__slots__})
    return Standing(found, rows[0]["pipeline_version"], rows[0]["has_steps"])


async def facts(tx: Unit, card_id: int) -> Facts:
    """The stored facts of a card."""
    return (await standing(tx, card_id)).facts


async def histories(tx: Unit, card_ids: Sequence[int]) -> dict[int, list[StageEvent]]:
    """The stage events of cards in order, without the voided ones."""
    e, later = card_event.c, card_event.alias("later")
    voided = select(later.c.voids_id).where(
        later.c.card_id.in_(card_ids), later.c.voids_id.is_not(None)
    )
    query = (
        select(e.card_id, e.event, e.at, e.from_stage_id, e.to_stage_id, e.reason_id)
        .where(
            e.card_id.in_(card_ids),
            e.to_stage_id.is_not(None),
            e.event != EventKind.VOIDED,
            e.id.not_in(voided),
        )
        .order_by(e.card_id, e.seq)
    )
    found: dict[int, list[StageEvent]] = {card_id: [] for card_id in card_ids}
    for card_id, kind, at, origin, target, why in await tx.run(query):
        found[card_id].append(StageEvent(EventKind(kind), at, origin, target, why))
    return found


async def last_events(tx: Unit, card_id: int, most: int) -> list[Row]:
    """The newest events of a card, the last one first; none where there is no such card."""
    return await tx.rows(_newest_first(card_id).limit(most))


async def last_closing(tx: Unit, card_id: int) -> Row | None:
    """The newest win or loss of a card that no undo has voided."""
    later = card_event.alias("later")
    voided = exists().where(later.c.voids_id == card_event.c.id)
    closing = card_event.c.event.in_((EventKind.WON, EventKind.LOST))
    return await tx.first(_newest_first(card_id).where(closing, ~voided).limit(1))


def _newest_first(card_id: int) -> Select[Any]:
    return (
        select(card_event).where(card_event.c.card_id == card_id).order_by(card_event.c.seq.desc())
    )


async def pipelines_visited(tx: Unit, card_id: int) -> set[int]:
    """Every pipeline a card's stage events name, by either end."""
    places = select(stage.c.pipeline_id).join(
        card_event,
        or_(card_event.c.from_stage_id == stage.c.id, card_event.c.to_stage_id == stage.c.id),
    )
    return set((await tx.run(places.where(card_event.c.card_id == card_id).distinct())).scalars())


def lines() -> Select[Any]:
    """History lines with the names of stages, of the actor and of the cause; no filter yet."""
    origin, target, cause, voids = (
        stage.alias("f"),
        stage.alias("t"),
        card.alias("c"),
        card_event.alias("v"),
    )
    return (
        select(
            card_event,
            app_user.c.name.label("actor_name"),
            origin.c.key.label("from_stage"),
            target.c.key.label("to_stage"),
            cause.c.kind.label("cause_kind"),
            voids.c.id.label("voided_by"),
        )
        .outerjoin(app_user, app_user.c.id == card_event.c.actor_id)
        .outerjoin(origin, origin.c.id == card_event.c.from_stage_id)
        .outerjoin(target, target.c.id == card_event.c.to_stage_id)
        .outerjoin(cause, cause.c.id == card_event.c.caused_by_card_id)
        .outerjoin(voids, voids.c.voids_id == card_event.c.id)
    )


async def history(tx: Unit, card_id: int, limit: int, after_seq: int) -> list[Any]:
    """Lines of a card's history in order."""
    query = (
        lines()
        .where(card_event.c.card_id == card_id, card_event.c.seq > after_seq)
        .order_by(card_event.c.seq)
        .limit(limit)
    )
    return await tx.rows(query)
