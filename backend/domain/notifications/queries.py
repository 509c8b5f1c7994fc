"""Reading notifications: everybody his own."""

from typing import Any

from msgspec import UNSET, convert
from sqlalchemy import ColumnElement, Select, and_, or_, select

from backend.db.models import app_user, card, notification, role, team_head
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Row, Unit
from backend.domain.access import Viewer
from backend.domain.cards.rules import number
from backend.domain.notifications.schemas import (
    Behind,
    Notification,
    NotificationFilters,
    Notifications,
)
from backend.errors import NotFound

SORTS = {"id": SortKey(notification.c.id, int)}
MADE = ("card_number", "report")
PLAIN = tuple(name for name in Notification.__struct_fields__ if name not in MADE)


def _own(viewer: Viewer) -> Select[Any]:
    query = select(*notification.c, card.c.kind.label("card_kind"))
    query = query.outerjoin(card, card.c.id == notification.c.card_id)
    return query.where(_told(viewer))


def _told(viewer: Viewer) -> ColumnElement[bool]:
    own = notification.c.user_id == viewer.user_id
    return and_(own, notification.c.withdrawn_at.is_(None))


def unread(viewer: Viewer) -> ColumnElement[bool]:
    """What the viewer was told and has not read."""
    return and_(_told(viewer), notification.c.read_at.is_(None))


def _shown(row: Row) -> Notification:
    kind, report = row["card_kind"], row["report"]
    return Notification(
        **{name: row[name] for name in PLAIN},
        card_number=None if kind is None else number(kind, row["card_id"]),
        report=None if report is None else convert(report, Behind),
    )


async def page(tx: Unit, viewer: Viewer, filters: NotificationFilters) -> Notifications:
    """A page of what the caller was told, the newest first."""
    query = _own(viewer)
    if filters.read is not None:
        unread = notification.c.read_at.is_(None)
        query = query.where(~unread if filters.read else unread)
    paging = Paging.of(filters.limit, "-id", filters.cursor, filters.count, filters.read)
    found = await fetch(tx, query, paging, SORTS, notification.c.id)
    total = UNSET if found.total is None else found.total
    items = [_shown(row) for row in found.rows]
    return Notifications(items=items, next_cursor=found.next_cursor, total=total)


async def one(tx: Unit, viewer: Viewer, notification_id: int) -> Notification:
    """One of the caller's notifications; NotFound."""
    return _shown(await _row(tx, _own(viewer), notification_id))


async def locked(tx: Unit, viewer: Viewer, notification_id: int) -> Row:
    """One of the caller's notifications, locked for writing; NotFound."""
    return await _row(tx, _own(viewer).with_for_update(of=notification), notification_id)


async def _row(tx: Unit, query: Select[Any], notification_id: int) -> Row:
    row = await tx.first(query.where(notification.c.id == notification_id))
    if row is None:
        raise NotFound("There is no such notification")
    return row


async def heads_of(tx: Unit, user_id: int) -> list[int]:
    """Who leads the user's team; the admins where nobody else does."""
    own_team = select(app_user.c.team_id).where(app_user.c.id == user_id).scalar_subquery()
    led = select(team_head.c.user_id).where(team_head.c.team_id == own_team)
    people = (
        select(app_user.c.id)
        .join(role, role.c.key == app_user.c.role)
        .where(app_user.c.active, app_user.c.id != user_id)
        .order_by(app_user.c.id)
    )
    mates = people.where(
        role.c.writes == "team", or_(app_user.c.team_id == own_team, app_user.c.id.in_(led))
    )
    found = list((await tx.run(mates)).scalars())
    return found or list((await tx.run(people.where(role.c.settings))).scalars())
