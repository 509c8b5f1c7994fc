"""Who was in a cohort on an earlier day, card by card."""

from datetime import datetime

from sqlalchemy import select

from backend.db.models import card_funnel
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.funnels import rules
from backend.domain.funnels.lives.queries import past
from backend.domain.funnels.members.rules import Member
from backend.domain.funnels.schemas import FunnelFilters
from backend.domain.funnels.selection import queries as selection
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import main_line


async def members(
    tx: Unit, viewer: Viewer, filters: FunnelFilters, home: Pipeline, as_of: datetime
) -> list[Member]:
    """The cards of a cohort by id, each with the numbers it was counted in."""
    f = card_funnel.c
    candidates = select(f.card_id).where(
        f.pipeline_id == home.id, *selection.within(viewer, filters, f.entered_at)
    )
    chosen = selection.about(viewer, filters)
    then = await past(tx, viewer.company.locale, chosen, candidates, as_of)
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
            found.append(Member(life.card_id, tuple(played), life.amount, life.currency, visits))
    return sorted(found, key=lambda one: one.card_id)
