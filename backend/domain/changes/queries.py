"""Reading the change log: what others may follow, and all of it for admins."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, get_args

from sqlalchemy import ColumnElement, Select, and_, or_, select

from backend.db.models import (
    activity,
    agreement,
    api_token,
    app_user,
    card,
    change,
    client,
    contact,
    notification,
    reason,
    reminder_firing,
    stage,
    task,
)
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Unit
from backend.domain.access import Viewer, sees_card, sees_client, sees_pipeline
from backend.domain.activities import queries as activities
from backend.domain.agreements import queries as agreements
from backend.domain.calendar import in_utc
from backend.domain.cards.schemas import Actor, Change
from backend.domain.changes.schemas import (
    Audit,
    AuditFilters,
    Entry,
    Event,
    EventFilters,
    Events,
    RecordKind,
)
from backend.domain.feed.queries import horizon
from backend.domain.tasks import queries as tasks
from backend.errors import pointed

CARDS = ("lead", "offer", "deal", "renewal")
KINDS: tuple[str, ...] = get_args(RecordKind)
# The scope that a token needs to read a record itself; the others are read with `cards:read`.
READ_WITH = {
    "client": "clients:read", "contact": "clients:read",
    "task": "tasks:read", "activity": "tasks:read", "notification": "tasks:read",
}  # fmt: skip
LOOKED_AT = 20_000  # entries of others that one call passes over at most
COMMON = ("product", "reminder_rule", "settings", "sweep", "team", "user")
SORTS = {"id": SortKey(change.c.id, int)}
EXACT = {"kind": "kind", "id": "record_id", "actor": "actor_id", "channel": "channel",
         "type": "type"}  # fmt: skip

_FIRINGS = (
    select(reminder_firing.c.id)
    .outerjoin(card, card.c.id == reminder_firing.c.card_id)
    .outerjoin(client, client.c.id == reminder_firing.c.client_id)
)


def _there(query: Select[Any], key: ColumnElement[int], *seen: Any) -> ColumnElement[bool]:
    return query.where(key == change.c.record_id, *seen).correlate(change).exists()


def _visible(viewer: Viewer) -> ColumnElement[bool]:
    """The entries about records that the viewer may see now with his token, deleted ones too."""
    told = [kind for kind in KINDS if viewer.has(READ_WITH.get(kind, "cards:read"))]
    seen = _within_reach(viewer)
    return seen if len(told) == len(KINDS) else and_(change.c.kind.in_(told), seen)


def _within_reach(viewer: Viewer) -> ColumnElement[bool]:
    tokens = _there(select(api_token.c.id), api_token.c.id, api_token.c.user_id == viewer.user_id)
    own = _there(
        select(notification.c.id), notification.c.id, notification.c.user_id == viewer.user_id
    )
    if viewer.sees_everything:
        everything = change.c.kind.not_in(("token", "notification"))
        mine = (and_(change.c.kind == "token", tokens), and_(change.c.kind == "notification", own))
        return change.c.id > 0 if viewer.settings else or_(everything, *mine)
    of_card = and_(reminder_firing.c.card_id.is_not(None), sees_card(viewer))
    of_client = and_(reminder_firing.c.client_id.is_not(None), sees_client(viewer))
    people = select(contact.c.id).join(client, client.c.id == contact.c.client_id)
    reach: dict[str, ColumnElement[bool]] = {
        "pipeline": sees_pipeline(viewer, change.c.record_id),
        **{
            part.name: _there(
                select(part.c.id), part.c.id, sees_pipeline(viewer, part.c.pipeline_id)
            )
            for part in (stage, reason)
        },
        "client": _there(select(client.c.id), client.c.id, sees_client(viewer)),
        "contact": _there(people, contact.c.id, sees_client(viewer)),
        "agreement": _there(select(agreement.c.id), agreement.c.id, agreements.sees(viewer)),
        "activity": _there(activities.reach(viewer), activity.c.id),
        "task": _there(tasks.reach(viewer), task.c.id),
        "token": tokens,
        "notification": own,
        "reminder": _there(_FIRINGS, reminder_firing.c.id, or_(of_card, of_client)),
    }
    cards = _there(select(card.c.id), card.c.id, sees_card(viewer))
    return or_(
        change.c.kind.in_(COMMON),
        and_(change.c.kind.in_(CARDS), cards),
        *(and_(change.c.kind == kind, seen) for kind, seen in reach.items()),
    )


def _entries() -> Select[Any]:
    return select(change, app_user.c.name.label("actor_name")).outerjoin(
        app_user, app_user.c.id == change.c.actor_id
    )


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = row["actor_kind"]
    who = row["token_id"] if kind == "token" else row["actor_id"]
    told = ("at", "type", "kind", "version")
    return {
        **{name: row[name] for name in told}, "seq": row["id"], "id": row["record_id"],
        "actor": Actor(kind, who, row["actor_name"] or kind),
    }  # fmt: skip


async def events(tx: Unit, viewer: Viewer, filters: EventFilters) -> Events:
    """What was written after a number, as far as the viewer may see it now.

    Nothing that is missed here can appear later: only the complete part of the log is told. Who
    may see little of a long stretch is told its end, and nothing of it.
    """
    up_to = await horizon(tx)
    if up_to <= filters.after:
        return Events([], filters.after)
    if up_to - filters.after > LOOKED_AT:
        stretch = select(change.c.id).where(change.c.id > filters.after, change.c.id <= up_to)
        last = await tx.scalar(stretch.order_by(change.c.id).offset(LOOKED_AT - 1).limit(1))
        up_to = up_to if last is None else int(last)
    query = _entries().where(change.c.id > filters.after, change.c.id <= up_to, _visible(viewer))
    rows = await tx.rows(query.order_by(change.c.id).limit(filters.limit))
    more = len(rows) == filters.limit
    return Events([Event(**_event(row)) for row in rows], rows[-1]["id"] if more else up_to)


def _moment(viewer: Viewer, given: str, pointer: str, days: int) -> datetime:
    """An instant as it is; of a day its beginning at the company, or that of a later one."""
    try:
        if "T" in given:
            return in_utc(datetime.fromisoformat(given), pointer)
        return viewer.company.midnight(date.fromisoformat(given) + timedelta(days))
    except (ValueError, OverflowError):
        raise pointed("this is no day and no instant", pointer) from None


async def audit(tx: Unit, viewer: Viewer, filters: AuditFilters) -> Audit:
    """A page of the whole log, newest first."""
    query = _entries()
    for name, column in EXACT.items():
        if (value := getattr(filters, name)) is not None:
            query = query.where(change.c[column] == value)
    if filters.since is not None:
        query = query.where(change.c.at >= _moment(viewer, filters.since, "/from", 0))
    if filters.until is not None:
        query = query.where(change.c.at < _moment(viewer, filters.until, "/to", 1))
    own = [getattr(filters, name) for name in (*EXACT, "since", "until")]
    paging = Paging.of(filters.limit, "-id", filters.cursor, False, own)
    found = await fetch(tx, query, paging, SORTS, change.c.id)
    items = [
        Entry(
            **_event(row), channel=row["channel"], request_id=row["request_id"],
            changes=[Change(**one) for one in row["changes"]],
        )
        for row in found.rows
    ]  # fmt: skip
    return Audit(items, found.next_cursor)
