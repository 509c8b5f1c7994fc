"""Who is in a report, card by card: a cohort of an earlier day, a snapshot, a flow."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from backend.db.models import card, card_event, card_funnel, stage
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.funnels import rules
from backend.domain.funnels.lives.queries import Past, past
from backend.domain.funnels.members.rules import Member, exits, flow_roles, standing_in
from backend.domain.funnels.rules import WHOLE, Role
from backend.domain.funnels.schemas import FunnelFilters
from backend.domain.funnels.selection import queries as selection
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import main_line


async def members(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> list[Member]:
    """The cards of a funnel by id, each with the numbers it is counted in."""
    if filters.basis == "flow":
        found = await _flow(tx, viewer, filters, home, as_of)
    elif filters.basis == "cohort":
        found = await _cohort(tx, viewer, filters, home, as_of)
    elif as_of == tx.now:
        found = await _standing_now(tx, viewer, filters, home)
    else:
        found = await _standing_then(tx, viewer, filters, home, as_of)
    return sorted((one for one in found if one.roles), key=lambda one: one.card_id)


async def _cohort(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> list[Member]:
    f = card_funnel.c
    candidates = select(f.card_id).where(
        f.pipeline_id == home.id, *selection.within(viewer, filters, f.entered_at)
    )
    then = await _past(tx, viewer, filters, candidates, as_of)
    voids = await selection.voids(tx, home.id)
    line = [one.id for one in main_line(home.stages)]
    found = []
    for life in then.lives:
        facts = then.facts(life)
        funnel = facts.funnels.get(home.id)
        if funnel is None or not selection.falls(viewer, filters, funnel.entered_at):
            continue
        if life.counts(facts) and filters.reason_id in (None, funnel.reason_id):
            played = rules.roles(line, rules.track_of(funnel, voids), filters.count)
            visits = tuple(v for v in facts.visits.values() if v.pipeline_id == home.id)
            one = Member(life.card_id, tuple(played), life.amount, life.currency, visits)
            found.append(one)
    return found


async def _past(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, candidates: Any, as_of: datetime
) -> Past:
    chosen = selection.about(viewer, filters)
    return await past(tx, viewer.company.locale, chosen, candidates, as_of)


def _stands(stage_id: int) -> tuple[Role, ...]:
    return (("entered", WHOLE), ("open", WHOLE), ("reached", stage_id), ("open", stage_id))


async def _standing_now(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline
) -> list[Member]:
    c = card.c
    weight = func.coalesce(c.probability, stage.c.probability)
    query = (
        select(c.id, c.stage_id, c.amount, c.currency, c.stage_entered_at, weight)
        .join(stage, stage.c.id == c.stage_id)
        .where(
            c.pipeline_id == home.id, c.state == "open", c.deleted_at.is_(None),
            *selection.about(viewer, filters), *selection.within(viewer, filters, c.entered_at),
        )
    )  # fmt: skip
    if filters.reason_id is not None:
        query = query.where(c.reason_id == filters.reason_id)
    return [
        Member(card_id, _stands(stage_id), amount, currency, (), since, probability)
        for card_id, stage_id, amount, currency, since, probability in await tx.run(query)
    ]


async def _standing_then(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> list[Member]:
    f = card_funnel.c
    candidates = select(f.card_id).where(
        f.pipeline_id == home.id,
        f.entered_at < as_of,
        or_(f.closed_at.is_(None), f.closed_at >= as_of),
    )
    then = await _past(tx, viewer, filters, candidates, as_of)
    chances = await _chances(tx, home.id)
    found = []
    for life in then.lives:
        facts = then.facts(life)
        visit = standing_in(facts)
        if visit is None or visit.pipeline_id != home.id or life.deleted:
            continue
        entered = facts.funnels[home.id].entered_at
        if filters.reason_id is None and selection.falls(viewer, filters, entered):
            own = chances.get(life.card_id)
            chance = then.stages[visit.stage_id].probability if own is None else own
            found.append(
                Member(
                    life.card_id, _stands(visit.stage_id), life.amount, life.currency, (),
                    visit.open_since, chance,
                )
            )  # fmt: skip
    return found


async def _chances(tx: Unit, pipeline_id: int) -> dict[int, int]:
    """The probabilities that were chosen for cards by hand."""
    query = (
        select(card.c.id, card.c.probability)
        .join(card_funnel, card_funnel.c.card_id == card.c.id)
        .where(card_funnel.c.pipeline_id == pipeline_id, card.c.probability.is_not(None))
    )
    return {row.id: row.probability for row in await tx.run(query)}


async def _flow(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> list[Member]:
    e = card_event.c
    own = select(stage.c.id).where(stage.c.pipeline_id == home.id)
    candidates = select(e.card_id).where(
        e.from_stage_id.in_(own), e.at < as_of, *selection.within(viewer, filters, e.at)
    )
    then = await _past(tx, viewer, filters, candidates, as_of)
    voids = await selection.voids(tx, home.id)
    line = [one.id for one in main_line(home.stages)]
    found = []
    for life in then.lives:
        left = [
            (stage_id, how)
            for at, stage_id, how in exits(life.events, then.stages, home.id)
            if selection.falls(viewer, filters, at)
        ]
        facts = then.facts(life)
        if not left or not life.counts(facts):
            continue
        reason_id = facts.funnels[home.id].reason_id
        if filters.reason_id in (None, reason_id):
            played = flow_roles(line, left, reason_id in voids)
            found.append(Member(life.card_id, played, life.amount, life.currency))
    return found
