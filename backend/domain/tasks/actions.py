"""Writing tasks by hand: made, edited, done, deleted, brought back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import bindparam, insert, update

from backend.db.models import task
from backend.db.prepared import Prepared
from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.calendar import in_utc
from backend.domain.cards.subjects import queries as subjects
from backend.domain.feed.actions import announce
from backend.domain.feed.rules import differences
from backend.domain.stages import State
from backend.domain.tasks import queries
from backend.domain.tasks.schemas import TaskCreate, TaskFields
from backend.domain.texts import given as sent
from backend.domain.users.queries import demand_writing
from backend.domain.versions import demand_version
from backend.domain.workdays import next_end
from backend.errors import Conflict, Forbidden, NotAcceptable, pointed

OPEN: dict[str, Any] = {"done_at": None, "closed_by": None}


async def create(tx: Unit, viewer: Viewer, given: TaskCreate) -> int:
    """Make a task about a card or a client that the caller sees; its id."""
    values = {"outcome": None, **sent(given)}
    about = {"card_id": values.get("card_id"), "client_id": values.get("client_id")}
    await subjects.demand_seen(tx, viewer, "a task", **about)
    assignee = values.get("assignee_id", viewer.user_id)
    if assignee is None:
        raise Conflict("Say whose it is: assignee_id")
    if assignee != viewer.user_id:
        await demand_writing(tx, assignee, "/assignee_id")
        _demand_subject(viewer, await subjects.owner_of(tx, **about))
    due_at = values.get("due_at") or next_end(
        tx.now, viewer.company.time_zone, viewer.company.workdays
    )
    return await add(tx, viewer, {**values, **about, "assignee_id": assignee, "due_at": due_at})


def _demand_subject(viewer: Viewer, owner_id: int) -> None:
    if not access.edits(viewer, owner_id):
        raise Forbidden(
            "Only who may change the card or the client gives its tasks to somebody else"
        )


_INSERT = Prepared(insert(task).returning(task.c.id))
_INSERT_ALL = insert(task).returning(task.c.id, sort_by_parameter_order=True)
_UPDATE = Prepared(update(task).where(task.c.id == bindparam("b_id")))


async def add(tx: Unit, viewer: Viewer, values: dict[str, Any]) -> int:
    """Insert a task and announce it; its id."""
    row = born(tx, values)
    task_id: int = await tx.scalar(_INSERT, row)
    await tell_made(tx, viewer, task_id, row)
    return task_id


def born(tx: Unit, values: Mapping[str, Any]) -> dict[str, Any]:
    """A new task's row."""
    return {**values, "version": 1, "created_at": tx.now, "updated_at": tx.written_at}


async def add_all(tx: Unit, rows: list[dict[str, Any]]) -> list[int]:
    """Insert new tasks in their order; their ids. The caller announces each."""
    return list((await tx.run(_INSERT_ALL, rows)).scalars())


async def tell_made(tx: Unit, viewer: Viewer, task_id: int, row: Mapping[str, Any]) -> None:
    """Announce a new task."""
    await announce(tx, viewer, "created", "task", task_id, 1, differences({}, row))


async def write(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], what: str, values: dict[str, Any]
) -> int:
    """Write a task's columns, locked before, and announce it; the new version."""
    version = int(row["version"]) + 1
    values = {**values, "version": version, "updated_at": tx.written_at}
    await tx.run(_UPDATE, {**values, "b_id": row["id"]})
    await announce(tx, viewer, what, "task", row["id"], version, differences(row, values))
    return version


async def edit(
    tx: Unit, viewer: Viewer, task_id: int, fields: TaskFields, if_match: int | None
) -> int:
    """Write the given fields; the new version (the old one where nothing changes)."""
    row = await queries.locked(tx, viewer, task_id)
    _demand_change(viewer, row)
    values = sent(fields)
    if values.get("assignee_id", row["assignee_id"]) != row["assignee_id"]:
        _demand_subject(viewer, row["owner_id"])
    demand_version(row["version"], if_match)
    done_at = _done_at(tx, row, values)
    if done_at is None and row["done_at"] is not None:
        await _demand_room(tx, row)
        values |= OPEN
    elif done_at != row["done_at"]:
        values |= {"done_at": done_at, "closed_by": "person"}
    changed = {name: value for name, value in values.items() if row[name] != value}
    if "assignee_id" in changed:
        await demand_writing(tx, changed["assignee_id"], "/assignee_id")
    return await write(tx, viewer, row, "updated", changed) if changed else int(row["version"])


def _done_at(tx: Unit, row: Mapping[str, Any], values: dict[str, Any]) -> datetime | None:
    """When the task is done by what is given (`done`, `done_at` or neither); both are taken out."""
    before: datetime | None = row["done_at"]
    done, given = values.pop("done", None), values.pop("done_at", UNSET)
    if given is UNSET:
        told = {None: before, True: before or tx.now, False: None}
        return told[done]
    if done is not None and done != (given is not None):
        raise pointed("`done` and `done_at` say different things", "/done_at")
    if given is not None and given > tx.now:
        raise pointed("a task is not done later than now", "/done_at", NotAcceptable)
    return None if given is None else in_utc(given, "/done_at")


def _demand_change(viewer: Viewer, row: Mapping[str, Any]) -> None:
    """Forbidden to all but the assignee and whoever may change what the task is about."""
    if row["assignee_id"] != viewer.user_id or viewer.writes == "none":
        access.demand_edit(viewer, row["owner_id"], "task")


async def _demand_room(tx: Unit, row: Mapping[str, Any]) -> None:
    """Conflict where a rule's task cannot be open again: one card, one next step."""
    if row["made_by"] is None or row["card_id"] is None:
        return
    if await queries.card_state(tx, row["card_id"]) != State.OPEN:
        raise Conflict("The card of this task is closed; reopen it, or make a task of your own")
    other = await queries.open_step(tx, row["card_id"], row["family"])
    if other is not None:
        raise Conflict(
            f"This card has a next step of this kind already: “{other['title']}”",
            record={"kind": "task", "id": other["id"]},
        )


async def delete(tx: Unit, viewer: Viewer, task_id: int, if_match: int | None) -> None:
    """Delete a task softly; an open one is closed by it."""
    row = await queries.locked(tx, viewer, task_id)
    _demand_change(viewer, row)
    demand_version(row["version"], if_match)
    closed = {"done_at": tx.now, "closed_by": "person"} if row["done_at"] is None else {}
    await write(tx, viewer, row, "deleted", {"deleted_at": tx.now, **closed})


async def restore(tx: Unit, viewer: Viewer, task_id: int) -> int:
    """Bring a deleted task back as it was; the rights are checked anew."""
    row = await queries.locked(tx, viewer, task_id, deleted=True)
    _demand_change(viewer, row)
    if row["deleted_at"] is None:
        return int(row["version"])
    if row["closed_by"] == "undo":
        raise Conflict("This task was taken back with the move that had made it; make another one")
    values: dict[str, Any] = {"deleted_at": None}
    if row["done_at"] == row["deleted_at"]:  # its deletion had closed it
        await _demand_room(tx, row)
        values |= OPEN
    return await write(tx, viewer, row, "restored", values)
