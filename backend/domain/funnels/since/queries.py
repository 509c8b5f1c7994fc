"""Reading what changed in a pipeline since a day: new, forward, back, slipped, won, lost, again."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from backend.db.models import card_event, card_funnel
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.funnels.lives.queries import past
from backend.domain.funnels.queries import shown
from backend.domain.funnels.selection import queries as selection
from backend.domain.funnels.since.rules import changed
from backend.domain.funnels.since.schemas import Changed, ChangeReport, SinceFilters
from backend.domain.stages import Stage

DATES = {"expected_close_on", "renewal_date", "valid_until"}


async def changes(tx: Unit, viewer: Viewer, filters: SinceFilters) -> ChangeReport:
    """Each card once, by what it comes to; new ones first, as the kinds of change stand."""
    home = await selection.home_of(tx, viewer, filters.pipeline)
    as_of = selection.instant_of(tx, viewer, filters)
    today = viewer.company.today(as_of - timedelta(microseconds=1))
    since = filters.start or today - timedelta(days=today.weekday())
    begin = viewer.company.midnight(since)
    e, f = card_event.c, card_funnel.c
    lately = select(e.card_id).where(e.at >= begin, e.at < as_of)
    candidates = lately.where(
        e.card_id.in_(select(f.card_id).where(f.pipeline_id == home.id, f.entered_at < as_of))
    )
    found = await past(
        tx, viewer.company.locale, selection.about(viewer, filters), candidates, as_of
    )
    late = await _put_off(tx, begin, as_of)
    told: dict[int, tuple[str, Stage | None, Stage]] = {}
    for life in found.lives:
        if not life.events or not life.counts(found.facts(life)):
            continue
        before = [event for event in life.events if event.at < begin]
        then = found.stages[before[-1].target_id] if before else None
        now = found.stages[life.events[-1].target_id]
        what = changed(home.id, then, now, put_off=life.card_id in late)
        if what is not None:
            told[life.card_id] = what, then, now
    items = [
        Changed(
            what=told[one.id][0],  # type: ignore[arg-type]
            from_stage=None if (then := told[one.id][1]) is None else then.name,
            to_stage=told[one.id][2].name, card=one,
        )
        for one in await shown(tx, viewer, list(told))
    ]  # fmt: skip
    return ChangeReport(
        pipeline=home.key, since=since, as_of=as_of,
        scope=viewer.reads,
        items=sorted(items, key=lambda one: (ORDER.index(one.what), one.card.id)),
    )  # fmt: skip


ORDER = ("new", "forward", "back", "slipped", "won", "lost", "reopened", "moved_out")


async def _put_off(tx: Unit, begin: datetime, as_of: datetime) -> set[int]:
    """The cards whose date was last put off between two instants."""
    e = card_event.c
    query = select(e.card_id, e.changes).where(e.at >= begin, e.at < as_of).order_by(e.id)
    first: dict[int, Any] = {}
    last: dict[int, Any] = {}
    for card_id, changed_fields in await tx.run(query):
        for one in changed_fields:
            if one["field"] in DATES:
                first.setdefault(card_id, one["before"])
                last[card_id] = one["after"]
    return {number for number, day in last.items() if day and first[number] and day > first[number]}
