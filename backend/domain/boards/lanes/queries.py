"""The columns of a board as statements see them: which there are, and which cards stand in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, select

from backend.db.models import card, client, renewal, stage, task
from backend.db.page import SortKey
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.boards import rules
from backend.domain.boards.schemas import BoardFilters, Lane
from backend.domain.cards import queries as cards
from backend.domain.cards.lists import queries as lists
from backend.domain.cards.schemas import CardFilters
from backend.domain.pipelines.schemas import PipelineOut

CLOSED_SHOWN = timedelta(days=30)
CLOSED, HOLDING = ("won", "lost"), "holding"

_steps = task.alias("steps")
_open_steps = (
    _steps.c.card_id == card.c.id, _steps.c.done_at.is_(None), _steps.c.deleted_at.is_(None),
)  # fmt: skip
_soonest = select(_steps).where(*_open_steps).order_by(_steps.c.due_at, _steps.c.id).limit(1)
# The task of a card that is due first, and when that is.
NEXT_TASK = _soonest.with_only_columns(_steps.c.id).correlate(card).scalar_subquery()
_DUE = _soonest.with_only_columns(_steps.c.due_at).correlate(card).scalar_subquery()
NO_TASK = and_(card.c.state == "open", ~exists().where(*_open_steps))


def late(now: datetime) -> ColumnElement[bool]:
    """A card in work with a task that is overdue."""
    return and_(card.c.state == "open", exists().where(*_open_steps, _steps.c.due_at < now))


# By what a column is ordered, under the name that its cards carry the value by.
SORTS = {
    "position": SortKey(card.c.position, str),
    "amount_units": SortKey(card.c.amount, int, nullable=True),
    "stage_entered_at": SortKey(card.c.stage_entered_at, datetime),
    "task_due_at": SortKey(_DUE, datetime, nullable=True),
    "closed_at": SortKey(card.c.closed_at, datetime),
    "renewal_date": SortKey(renewal.c.renewal_date, date),
}
_ASKED = {
    "rank": "position", "sum": "-amount_units", "age": "stage_entered_at", "task": "task_due_at",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A column: how it is told, which cards stand in it, in which order."""

    lane: Lane
    where: ColumnElement[bool]
    sort: str

    @property
    def key(self) -> SortKey:
        return SORTS[self.sort.removeprefix("-")]

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")


@dataclass(frozen=True, slots=True)
class Layout:
    """A board as statements see it: its columns, and the cards that exist for the viewer on it."""

    kind: str
    places: Sequence[Place]
    source: FromClause
    chosen: ColumnElement[bool]

    def select(self, *columns: Any) -> Select[Any]:
        """A select of the cards of all columns that pass the filters."""
        return select(*columns).select_from(self.source).where(self.chosen)

    def place(self, key: str) -> Place | None:
        return next((place for place in self.places if place.lane.key == key), None)


def may_open_store(viewer: Viewer, home: PipelineOut) -> bool:
    """Whether the viewer may see those that wait: heads and admins, where there is a store."""
    return viewer.reads in ("team", "all") and any(s.kind == HOLDING for s in home.stages)


async def layout(
    tx: Unit, viewer: Viewer, home: PipelineOut, filters: BoardFilters, *, flagged: bool = True
) -> Layout:
    """The board of a pipeline; without its flag, for counting what the flags would show."""
    by_date = home.kind == "renewal" and filters.by == "date"
    places = (
        _by_date(home, viewer.company.today(tx.now))
        if by_date
        else _by_stage(viewer, home, filters, tx.now)
    )
    stale = flagged and filters.flag == "stale"
    source: FromClause = card
    if stale or not flagged:
        source = source.join(stage, stage.c.id == card.c.stage_id)
    if filters.q:
        source = source.outerjoin(client, client.c.id == card.c.client_id)
    if by_date:
        source = source.join(renewal, renewal.c.card_id == card.c.id)
    chosen = await _chosen(tx, viewer, home.kind, filters, stale=stale)
    if flagged and filters.flag == "notask":
        chosen = and_(chosen, NO_TASK)
    if flagged and filters.flag == "late":
        chosen = and_(chosen, late(tx.now))
    return Layout(home.kind, places, source, chosen)


async def _chosen(
    tx: Unit, viewer: Viewer, kind: str, filters: BoardFilters, *, stale: bool
) -> ColumnElement[bool]:
    """What REST's lists go by, and several owners at once."""
    same = CardFilters(
        q=filters.q, source=filters.source, amount_min=filters.amount_min,
        amount_max=filters.amount_max, created_from=filters.created_from,
        created_to=filters.created_to, stale=True if stale else None,
    )  # fmt: skip
    query = select(card.c.id).where(cards.seen(viewer, kind))
    query = await lists.filtered(tx, query, kind, same, viewer)
    if filters.owners:
        query = query.where(card.c.owner_id.in_(filters.owners))
    clause = query.whereclause
    assert clause is not None
    return clause


def _by_stage(
    viewer: Viewer, home: PipelineOut, filters: BoardFilters, now: datetime
) -> list[Place]:
    store = filters.store and may_open_store(viewer, home)
    found = []
    for one in home.stages:
        if one.kind == HOLDING and not store:
            continue
        where = and_(card.c.stage_id == one.id, card.c.closed_at.is_(None))
        sort = _ASKED[filters.sort]
        if one.kind in CLOSED:
            recent = card.c.closed_at >= now - CLOSED_SHOWN
            where, sort = and_(card.c.stage_id == one.id, recent), "-closed_at"
        takes_new = one.kind == "open" and _is_born_in(home.kind, one.key)
        lane = Lane(key=str(one.id), takes_new=takes_new, kind=one.kind, stage=one)
        found.append(Place(lane, where, sort))
    return found


def _is_born_in(kind: str, key: str) -> bool:
    """Whether a new card may start here: renewals come of agreements, offers begin as drafts."""
    return kind in ("lead", "deal") or (kind == "offer" and key == "draft")


def _by_date(home: PipelineOut, today: date) -> list[Place]:
    found = []
    for span in rules.spans(today):
        where = and_(card.c.pipeline_id == home.id, card.c.state == "open")
        if span.first is not None:
            where = and_(where, renewal.c.renewal_date >= span.first)
        if span.last is not None:
            where = and_(where, renewal.c.renewal_date <= span.last)
        lane = Lane(key=span.key, takes_new=False, kind="date", stage=None)
        found.append(Place(lane, where, "renewal_date"))
    return found
