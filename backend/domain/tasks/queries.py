"""Reading tasks: who sees them, what they are about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import ColumnElement, Select, and_, bindparam, case, or_, select

from backend.db.models import app_user, card, client, task
from backend.db.page import Paging, SortKey, fetch
from backend.db.prepared import Prepared
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards.rules import number
from backend.domain.cards.subjects import queries as subjects
from backend.domain.tasks.schemas import Task, TaskFilters, Tasks
from backend.errors import NotFound

SORTS = {"id": SortKey(task.c.id, int), "due_at": SortKey(task.c.due_at, datetime)}
EXACT = ("assignee_id", "card_id", "client_id", "kind")
PLAIN = tuple(name for name in Task.__struct_fields__ if name != "card_number")

_WITH_SUBJECT = subjects.joined(task).join(app_user, app_user.c.id == task.c.assignee_id)


def reach(viewer: Viewer) -> Select[Any]:
    """The ids of the tasks that a viewer's rights cover, whatever was deleted meanwhile."""
    own = task.c.assignee_id == viewer.user_id
    return select(task.c.id).select_from(_WITH_SUBJECT).where(or_(own, subjects.sees(task, viewer)))


def seen(viewer: Viewer) -> ColumnElement[bool]:
    """The tasks that exist for the viewer: his own, and those of cards and clients he sees.

    What was deleted takes its tasks along, and brings them back when it is restored.
    """
    own = task.c.assignee_id == viewer.user_id
    return and_(subjects.living(task), or_(own, subjects.sees(task, viewer)))


def _tasks(viewer: Viewer) -> Select[Any]:
    """Whole tasks with their names; whoever sees a task as its assignee alone learns no client."""
    return select(
        *task.c,
        app_user.c.name.label("assignee_name"),
        card.c.kind.label("card_kind"),
        case((subjects.sees(task, viewer), client.c.name)).label("client_name"),
    ).select_from(_WITH_SUBJECT)


def _task(row: Mapping[str, Any]) -> Task:
    kind = row["card_kind"]
    return Task(
        **{name: row[name] for name in PLAIN},
        card_number=None if kind is None else number(kind, row["card_id"]),
    )


async def page(tx: Unit, viewer: Viewer, filters: TaskFilters) -> Tasks:
    """A page of the tasks that exist for the viewer, open and closed."""
    query = _tasks(viewer).where(task.c.deleted_at.is_(None), seen(viewer))
    query = _filtered(query, filters, viewer)
    found = await fetch(tx, query, Paging.asked(filters), SORTS, task.c.id)
    items = [_task(row) for row in found.rows]
    total = UNSET if found.total is None else found.total
    return Tasks(items=items, next_cursor=found.next_cursor, total=total)


def _filtered(query: Select[Any], filters: TaskFilters, viewer: Viewer) -> Select[Any]:
    for name in EXACT:
        value = getattr(filters, name)
        if value is not None:
            query = query.where(task.c[name] == value)
    if filters.done is not None:
        is_open = task.c.done_at.is_(None)
        query = query.where(~is_open if filters.done else is_open)
    if filters.due_from is not None:
        query = query.where(task.c.due_at >= viewer.company.midnight(filters.due_from))
    if filters.due_to is not None:
        query = query.where(task.c.due_at < viewer.company.end(filters.due_to))
    return query


async def one(tx: Unit, viewer: Viewer, task_id: int) -> Task:
    """A task that exists for the viewer; NotFound."""
    query = _tasks(viewer).where(task.c.id == task_id, task.c.deleted_at.is_(None), seen(viewer))
    return _found(await tx.first(query))


async def written(tx: Unit, viewer: Viewer, task_id: int) -> Task:
    """A task just written, also where the viewer may not see it any more."""
    return _found(await tx.first(_tasks(viewer).where(task.c.id == task_id)))


def _found(row: Mapping[str, Any] | None) -> Task:
    if row is None:
        raise NotFound("There is no such task")
    return _task(row)


async def locked(
    tx: Unit, viewer: Viewer, task_id: int, *, deleted: bool = False
) -> Mapping[str, Any]:
    """A task with the owner of what it is about, locked for writing; NotFound."""
    query = (
        select(*task.c, subjects.owner)
        .select_from(_WITH_SUBJECT)
        .where(task.c.id == task_id, seen(viewer))
    )
    if not deleted:
        query = query.where(task.c.deleted_at.is_(None))
    row = await tx.first(query.with_for_update(of=task))
    if row is None:
        raise NotFound("There is no such task")
    return row


async def card_state(tx: Unit, card_id: int) -> str:
    """The state of a card, which nobody moves until the transaction ends."""
    query = select(card.c.state).where(card.c.id == card_id).with_for_update(read=True)
    state: str = await tx.scalar(query)
    return state


_OPEN_STEPS = Prepared(
    select(task)
    .where(
        task.c.card_id == bindparam("card_id"),
        task.c.made_by.is_not(None),
        task.c.done_at.is_(None),
    )
    .order_by(task.c.id)
    .with_for_update()
)


async def open_steps(tx: Unit, card_id: int) -> list[Mapping[str, Any]]:
    """A card's next steps, which are its open tasks that rules made; locked."""
    return await tx.rows(_OPEN_STEPS, {"card_id": card_id})


async def open_step(tx: Unit, card_id: int, family: str) -> Mapping[str, Any] | None:
    """The card's next step of one family, locked."""
    found = (row for row in await open_steps(tx, card_id) if row["family"] == family)
    return next(found, None)
