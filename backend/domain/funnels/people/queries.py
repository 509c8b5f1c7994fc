"""Reading what managers do: their cards, first touches, work done, what was left undone."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from msgspec import structs
from sqlalchemy import ColumnElement, Select, func, or_, select

from backend.db.models import activity, card, card_event, card_funnel, task
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.funnels import rules
from backend.domain.funnels.closings.queries import Closing, closings
from backend.domain.funnels.lives.queries import kept, past
from backend.domain.funnels.people.schemas import (
    Earned,
    Manager,
    ManagerCardFilters,
    ManagerFilters,
    ManagerReport,
)
from backend.domain.funnels.selection import queries as selection
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import EventKind

F = TypeVar("F", bound=ManagerFilters)
PERSONS = ("user", "token")
NO_TOUCH = (EventKind.WON, EventKind.LOST, EventKind.VOIDED)
HOUR = 3600


class Deed(NamedTuple):
    """Something that people do to cards: who, to which card, and what else has to hold."""

    who: ColumnElement[Any]
    card_id: ColumnElement[Any]
    conditions: Sequence[ColumnElement[bool]]

    def many(self, seen: Select[Any], by: ColumnElement[Any]) -> Select[Any]:
        """How often it was done to the cards that are seen, by whom or to which."""
        query = select(by, func.count()).where(self.who.is_not(None), self.card_id.in_(seen))
        return query.where(*self.conditions).group_by(by)


class Entered(NamedTuple):
    """A card that came into a pipeline: whose, when, how it stands."""

    card_id: int
    owner_id: int
    at: datetime
    state: str


async def managers(tx: Unit, viewer: Viewer, filters: ManagerFilters) -> ManagerReport:
    """The owners of the cards that the viewer may see, by name."""
    home = await selection.home_of(tx, viewer, filters.pipeline)
    as_of = selection.instant_of(tx, viewer, filters)
    filters = _this_month(viewer, filters, as_of)
    former = None
    if filters.compare is not None:
        former = await managers(tx, viewer, selection.before(filters))
    cohort, own, touches = await _cards(tx, viewer, filters, home, as_of)
    work = await _work(tx, viewer, filters, home, as_of)
    everybody = {one.owner_id for one in cohort} | {one.owner_id for one in own}
    names = await selection.names(tx, everybody | {number for _, number in work})
    return ManagerReport(
        pipeline=home.key, start=filters.start, end=filters.end, as_of=as_of,
        scope=viewer.reads,
        items=[
            _manager(
                number, names[number],
                [one for one in cohort if one.owner_id == number],
                [one for one in own if one.owner_id == number], touches, work,
            )
            for number in sorted(names, key=lambda number: (names[number], number))
        ],
        previous=former,
    )  # fmt: skip


async def card_ids(tx: Unit, viewer: Viewer, filters: ManagerCardFilters) -> list[int]:
    """The cards that a number of the report counts, each as often as it is counted there."""
    home = await selection.home_of(tx, viewer, filters.pipeline)
    as_of = selection.instant_of(tx, viewer, filters)
    filters = _this_month(viewer, filters, as_of)
    deed = _deeds(viewer, filters, as_of).get(filters.which)
    if deed is not None:
        seen = _seen(viewer, filters, home, as_of)
        query = deed.many(seen, deed.card_id).where(deed.who == filters.by_id)
        return list(Counter[int](dict((await tx.run(query)).all())).elements())
    return _piles(*await _cards(tx, viewer, filters, home, as_of))[filters.which]


def _this_month(viewer: Viewer, filters: F, as_of: datetime) -> F:
    """The same filters, with this month up to now where no day is given."""
    if filters.start is not None or filters.end is not None:
        return filters
    today = viewer.company.today(as_of - timedelta(microseconds=1))
    return structs.replace(filters, start=today.replace(day=1), end=today)


async def _cards(
    tx: Unit, viewer: Viewer, filters: ManagerFilters, home: Pipeline, as_of: datetime
) -> tuple[list[Entered], list[Closing], dict[int, datetime]]:
    """The cards that entered, the closings that count, and when each card was first touched."""
    cohort = await _entered(tx, viewer, filters, home, as_of)
    closed = await closings(tx, viewer, filters, home, as_of)
    voids = await selection.voids(tx, home.id)
    own = [one for one in closed if one.reason_id not in voids]
    return cohort, own, await _touches(tx, viewer, filters, home, as_of)


def _piles(
    cohort: Sequence[Entered], closed: Sequence[Closing], touches: dict[int, datetime]
) -> dict[str, list[int]]:
    """The cards behind each number."""
    own = [one.card_id for one in cohort]
    still = [one.card_id for one in cohort if one.state == "open"]
    ended = {one.card_id: one.state for one in closed}
    return {
        "entered": own,
        "open": still,
        "won": [number for number, state in ended.items() if state == "won"],
        "lost": [number for number, state in ended.items() if state != "won"],
        "touched": [number for number in own if number in touches],
        "untouched": [number for number in still if number not in touches],
        "closed_untouched": [number for number in ended if number not in touches],
    }


def _manager(
    number: int,
    name: str,
    cohort: Sequence[Entered],
    closed: Sequence[Closing],
    touches: dict[int, datetime],
    work: Counter[tuple[str, int]],
) -> Manager:
    won = [one for one in closed if one.state == "won"]
    earned: Counter[str] = Counter()
    for one in won:
        earned[one.currency] += one.amount or 0
    waits = [
        max(0.0, (touches[one.card_id] - one.at).total_seconds())
        for one in cohort
        if one.card_id in touches
    ]
    median = rules.percentile(waits, 0.5)
    piles = _piles(cohort, closed, touches)
    return Manager(
        owner_id=number, owner_name=name, win_rate=rules.ratio(len(won), len(closed)),
        **{name: len(pile) for name, pile in piles.items()},
        earned=[
            Earned(currency=currency, amount=money.text(amount, currency) or "")
            for currency, amount in sorted(earned.items())
        ],
        moves=work["moves", number], activities=work["activities", number],
        tasks_done=work["tasks_done", number], tasks_overdue=work["tasks_overdue", number],
        median_first_touch_hours=None if median is None else round(median / HOUR, 2),
    )  # fmt: skip


async def _entered(
    tx: Unit, viewer: Viewer, filters: ManagerFilters, home: Pipeline, as_of: datetime
) -> list[Entered]:
    """The cards that entered in the period, as they stood at the instant."""
    f = card_funnel.c
    candidates = select(f.card_id).where(
        f.pipeline_id == home.id, *selection.within(viewer, filters, f.entered_at)
    )
    chosen = selection.about(viewer, filters)
    then = await past(tx, viewer.company.locale, chosen, candidates, as_of)
    found = []
    for life in then.lives:
        facts = then.facts(life)
        funnel = facts.funnels.get(home.id)
        if funnel is None or not life.counts(facts):
            continue
        if selection.falls(viewer, filters, funnel.entered_at):
            one = Entered(life.card_id, life.owner_id, funnel.entered_at, funnel.state)
            found.append(one)
    return found


def _seen(viewer: Viewer, filters: ManagerFilters, home: Pipeline, as_of: datetime) -> Select[Any]:
    """The cards that the viewer may see and asks for, of those that were in the pipeline so far."""
    been, about = card_event.alias("been"), selection.about(viewer, filters)
    those = select(been.c.card_id).where(
        been.c.pipeline_id == home.id, been.c.at < as_of, kept(been, as_of)
    )
    return select(card.c.id).where(card.c.id.in_(those), *about)


async def _touches(
    tx: Unit, viewer: Viewer, filters: ManagerFilters, home: Pipeline, as_of: datetime
) -> dict[int, datetime]:
    """When each card was first touched by a person, of those that were."""
    seen, found = _seen(viewer, filters, home, as_of), dict[int, datetime]()
    e, a, t = card_event.c, activity.c, task.c
    by_hand, stood = e.actor_kind.in_(PERSONS), kept(card_event, as_of)
    for number, at, *conditions in (
        (e.card_id, e.at, e.seq > 1, e.event.not_in(NO_TOUCH), by_hand, stood),
        (a.card_id, a.at, a.deleted_at.is_(None)),
        (t.card_id, t.done_at, t.closed_by == "person", t.deleted_at.is_(None)),
    ):
        query = select(number, func.min(at)).where(number.in_(seen), at < as_of, *conditions)
        for card_id, first in await tx.run(query.group_by(number)):
            found[card_id] = min(first, found.get(card_id, first))
    return found


async def _work(
    tx: Unit, viewer: Viewer, filters: ManagerFilters, home: Pipeline, as_of: datetime
) -> Counter[tuple[str, int]]:
    """What each person did to these cards in the period, and what he is late with."""
    seen = _seen(viewer, filters, home, as_of)
    found: Counter[tuple[str, int]] = Counter()
    for name, deed in _deeds(viewer, filters, as_of).items():
        for user_id, many in await tx.run(deed.many(seen, deed.who)):
            found[name, user_id] = many
    return found


def _deeds(viewer: Viewer, filters: ManagerFilters, as_of: datetime) -> dict[str, Deed]:
    """The work of the period by the numbers that tell of it; overdue are tasks of any time."""
    e, a, t = card_event.c, activity.c, task.c

    def when(at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        return [at < as_of, *selection.within(viewer, filters, at)]

    moved = (
        e.to_stage_id.is_not(None), e.from_stage_id.is_not(None), e.voids_id.is_(None),
        e.actor_kind.in_(PERSONS), kept(card_event, as_of),
    )  # fmt: skip
    done = (t.closed_by == "person", t.deleted_at.is_(None))
    late = (
        t.due_at < as_of, t.deleted_at.is_(None), or_(t.done_at.is_(None), t.done_at >= as_of)
    )  # fmt: skip
    return {
        "moves": Deed(e.actor_id, e.card_id, (*when(e.at), *moved)),
        "activities": Deed(a.author_id, a.card_id, (*when(a.at), a.deleted_at.is_(None))),
        "tasks_done": Deed(t.assignee_id, t.card_id, (*when(t.done_at), *done)),
        "tasks_overdue": Deed(t.assignee_id, t.card_id, late),
    }
