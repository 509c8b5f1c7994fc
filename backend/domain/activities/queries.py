"""Reading activities: whoever sees a card or a client sees what was done about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import ColumnElement, Select, and_, select

from backend.db.models import activity, app_user, card, client
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Row, Unit
from backend.domain.access import Viewer
from backend.domain.activities.schemas import Activities, Activity, ActivityFilters
from backend.domain.cards.rules import number
from backend.domain.cards.subjects import queries as subjects
from backend.errors import NotFound

SORTS = {"id": SortKey(activity.c.id, int), "at": SortKey(activity.c.at, datetime)}
EXACT = ("card_id", "client_id", "author_id", "kind")
PLAIN = tuple(name for name in Activity.__struct_fields__ if name != "card_number")

_WITH_SUBJECT = subjects.joined(activity)


def reach(viewer: Viewer) -> Select[Any]:
    """The ids of the activities that a viewer's rights cover, whatever was deleted meanwhile."""
    return select(activity.c.id).select_from(_WITH_SUBJECT).where(subjects.sees(activity, viewer))


def _exists(viewer: Viewer) -> ColumnElement[bool]:
    return and_(subjects.living(activity), subjects.sees(activity, viewer))


def _activities() -> Select[Any]:
    """Whole activities with the names beside them; no filter yet."""
    return select(
        *activity.c,
        app_user.c.name.label("author_name"),
        card.c.kind.label("card_kind"),
        client.c.name.label("client_name"),
    ).select_from(_WITH_SUBJECT.outerjoin(app_user, app_user.c.id == activity.c.author_id))


def _activity(row: Mapping[str, Any]) -> Activity:
    kind = row["card_kind"]
    return Activity(
        **{name: row[name] for name in PLAIN},
        card_number=None if kind is None else number(kind, row["card_id"]),
    )


async def page(tx: Unit, viewer: Viewer, filters: ActivityFilters) -> Activities:
    """A page of the activities that exist for the viewer."""
    query = _activities().where(activity.c.deleted_at.is_(None), _exists(viewer))
    for name in EXACT:
        if (value := getattr(filters, name)) is not None:
            query = query.where(activity.c[name] == value)
    if filters.at_from is not None:
        query = query.where(activity.c.at >= viewer.company.midnight(filters.at_from))
    if filters.at_to is not None:
        query = query.where(activity.c.at < viewer.company.end(filters.at_to))
    found = await fetch(tx, query, Paging.asked(filters), SORTS, activity.c.id)
    total = UNSET if found.total is None else found.total
    return Activities(
        items=[_activity(row) for row in found.rows], next_cursor=found.next_cursor, total=total
    )


async def one(tx: Unit, viewer: Viewer, activity_id: int) -> Activity:
    """An activity that exists for the viewer; NotFound."""
    query = _activities().where(activity.c.deleted_at.is_(None), _exists(viewer))
    return _found(await tx.first(query.where(activity.c.id == activity_id)))


async def written(tx: Unit, viewer: Viewer, activity_id: int) -> Activity:
    """An activity just written."""
    return _found(await tx.first(_activities().where(activity.c.id == activity_id)))


def _found(row: Row | None) -> Activity:
    if row is None:
        raise NotFound("There is no such activity")
    return _activity(row)


async def locked(tx: Unit, viewer: Viewer, activity_id: int, *, deleted: bool = False) -> Row:
    """An activity with the owner of what it is about, locked for writing; NotFound."""
    query = (
        select(*activity.c, subjects.owner)
        .select_from(_WITH_SUBJECT)
        .where(activity.c.id == activity_id, _exists(viewer))
    )
    if not deleted:
        query = query.where(activity.c.deleted_at.is_(None))
    row = await tx.first(query.with_for_update(of=activity))
    if row is None:
        raise NotFound("There is no such activity")
    return row


async def about_client(tx: Unit, client_id: int) -> list[Row]:
    """Every activity about a client himself; locked."""
    query = select(activity).where(activity.c.client_id == client_id)
    return await tx.rows(query.order_by(activity.c.id).with_for_update())
