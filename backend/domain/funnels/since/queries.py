"""Reading what changed in a pipeline since a day: new, forward, back, slipped, won, lost, again."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, get_args

from msgspec import structs
from sqlalchemy import select

from backend.db.models import card_event, card_funnel
from backend.db.page import Paging, after_id, cursor_behind
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.funnels.listed.queries import listed
from backend.domain.funnels.lives.queries import past
from backend.domain.funnels.selection import queries as selection
from backend.domain.funnels.since.rules import What, changed, weeks_before
from backend.domain.funnels.since.schemas import (
    Before,
    Changed,
    ChangeFilters,
    ChangeReport,
    Counts,
    SinceFilters,
)
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import Stage
from backend.errors import BadRequest

DATES = {"expected_close_on", "renewal_date", "valid_until"}
ORDER: tuple[What, ...] = get_args(What)


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that changed: each card once, by what it comes to, with its stages."""

    home: Pipeline
    since: date
    until: date
    as_of: datetime
    told: dict[int, tuple[What, Stage | None, Stage]]

    def ids(self, what: What | None) -> list[int]:
        return sorted(number for number, one in self.told.items() if what in (None, one[0]))

    @property
    def counts(self) -> Counts:
        many = Counter(what for what, _, _ in self.told.values())
        return Counts(**{str(what): number for what, number in many.items()})


async def changes(tx: Unit, viewer: Viewer, filters: SinceFilters) -> ChangeReport:
    """All of it at once; new ones first, as the kinds of change stand."""
    found = await _found(tx, viewer, filters)
    items = await _shown(tx, viewer, found, list(found.told))
    items.sort(key=lambda one: (ORDER.index(one.what), one.card.id))
    return _report(viewer, found, items, None, await _before(tx, viewer, filters, found))


async def page(tx: Unit, viewer: Viewer, filters: ChangeFilters) -> ChangeReport:
    """A page of it by id, or of one kind of change."""
    found = await _found(tx, viewer, filters)
    asked = {**structs.asdict(filters), "home": found.home.id, "since": found.since}
    paging = Paging.of(filters.limit, "id", asked.pop("cursor"), False, asked)
    own = found.ids(filters.what)
    rest = own[bisect_right(own, after_id(paging)) :]
    shown_ids = rest[: filters.limit]
    cursor = cursor_behind(paging, shown_ids[-1]) if len(rest) > filters.limit else None
    items = await _shown(tx, viewer, found, shown_ids)
    return _report(viewer, found, items, cursor, await _before(tx, viewer, filters, found))


async def card_ids(tx: Unit, viewer: Viewer, filters: ChangeFilters) -> list[int]:
    """The cards behind the number of a kind of change."""
    return (await _found(tx, viewer, filters)).ids(filters.what)


def _report(
    viewer: Viewer, found: Found, items: list[Changed], next_cursor: str | None,
    previous: Before | None,
) -> ChangeReport:  # fmt: skip
    return ChangeReport(
        pipeline=found.home.key, since=found.since, as_of=found.as_of, scope=viewer.reads,
        counts=found.counts, items=items, next_cursor=next_cursor, previous=previous,
    )  # fmt: skip


async def _before(tx: Unit, viewer: Viewer, filters: SinceFilters, found: Found) -> Before | None:
    if filters.compare is None:
        return None
    days = weeks_before(found.since, found.until)
    if days is None:
        raise BadRequest("The calendar does not reach back to the weeks before these days")
    former = structs.replace(filters, start=days[0], as_of=days[1])
    counts = (await _found(tx, viewer, former)).counts
    return Before(since=days[0], until=days[1], counts=counts)


async def _shown(tx: Unit, viewer: Viewer, found: Found, ids: list[int]) -> list[Changed]:
    items = []
    for one in await listed(tx, viewer, ids, found.as_of):
        what, then, now = found.told[one.id]
        was = None if then is None else then.name
        items.append(Changed(what=what, from_stage=was, to_stage=now.name, card=one))
    return items


async def _found(tx: Unit, viewer: Viewer, filters: SinceFilters) -> Found:
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
    lived = await past(
        tx, viewer.company.locale, selection.about(viewer, filters), candidates, as_of
    )
    late = await _put_off(tx, begin, as_of)
    told: dict[int, tuple[What, Stage | None, Stage]] = {}
    for life in lived.lives:
        if not life.events or not life.counts(lived.facts(life)):
            continue
        before = [event for event in life.events if event.at < begin]
        then = lived.stages[before[-1].target_id] if before else None
        now = lived.stages[life.events[-1].target_id]
        what = changed(home.id, then, now, put_off=life.card_id in late)
        if what is not None:
            told[life.card_id] = what, then, now
    return Found(home, since, today, as_of, told)


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
