"""Writing activities: what was done is noted, mended, deleted, brought back."""

from typing import Any

from sqlalchemy import insert

from backend.db.models import activity
from backend.db.session import Row, Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.activities import queries
from backend.domain.activities.schemas import ActivityCreate, ActivityFields
from backend.domain.calendar import in_utc
from backend.domain.cards import actions as cards
from backend.domain.cards.subjects import queries as subjects
from backend.domain.feed.actions import announce, write
from backend.domain.feed.rules import differences
from backend.domain.texts import given as sent
from backend.domain.versions import demand_version
from backend.errors import NotAcceptable, pointed

DIRECTED = ("call", "email")


async def create(tx: Unit, viewer: Viewer, given: ActivityCreate) -> int:
    """Note what was done about a card or a client that the caller sees; its id.

    It counts as work on the card, which is not stale for it.
    """
    values: dict[str, Any] = {
        "kind": "note", "at": tx.now, "direction": None, "outcome": None, "body": None,
        **sent(given),
    }  # fmt: skip
    about = {"card_id": values.get("card_id"), "client_id": values.get("client_id")}
    await subjects.demand_seen(tx, viewer, "an activity", **about)
    row = {
        **_ready(tx, values), **about, "author_id": viewer.user_id, "version": 1,
        "created_at": tx.now, "updated_at": tx.written_at,
    }  # fmt: skip
    made: int = await tx.scalar(insert(activity).returning(activity.c.id), row)
    await announce(tx, viewer, "created", "activity", made, 1, differences({}, row))
    if about["card_id"] is not None:
        await cards.touch(tx, viewer, about["card_id"], row["at"])
    return made


def _ready(tx: Unit, values: dict[str, Any]) -> dict[str, Any]:
    """The values as columns, checked as a whole."""
    if values["kind"] == "note" and values["body"] is None:
        raise pointed("a note says something: send its body", "/body")
    if values["direction"] is not None and values["kind"] not in DIRECTED:
        raise pointed("only calls and e-mails have a direction", "/direction")
    if values["at"] > tx.now:
        raise pointed("what lies ahead is a task", "/at", NotAcceptable)
    return {**values, "at": in_utc(values["at"], "/at")}


async def edit(
    tx: Unit, viewer: Viewer, activity_id: int, fields: ActivityFields, if_match: int | None
) -> int:
    """Write the given fields; the new version (the old one where nothing changes)."""
    row = await queries.locked(tx, viewer, activity_id)
    _demand_change(viewer, row)
    demand_version(row["version"], if_match)
    known = {name: row[name] for name in ActivityFields.__struct_fields__}
    values = _ready(tx, {**known, **sent(fields)})
    changed = {name: value for name, value in values.items() if known[name] != value}
    if not changed:
        return int(row["version"])
    return await write(tx, viewer, "updated", activity, row, changed)


def _demand_change(viewer: Viewer, row: Row) -> None:
    """Forbidden to all but the author and whoever may change what the activity is about."""
    if viewer.user_id is None or row["author_id"] != viewer.user_id or viewer.writes == "none":
        access.demand_edit(viewer, row["owner_id"], "activity")


async def delete(tx: Unit, viewer: Viewer, activity_id: int, if_match: int | None) -> None:
    """Delete an activity softly."""
    row = await queries.locked(tx, viewer, activity_id)
    _demand_change(viewer, row)
    demand_version(row["version"], if_match)
    await write(tx, viewer, "deleted", activity, row, {"deleted_at": tx.now})


async def restore(tx: Unit, viewer: Viewer, activity_id: int) -> int:
    """Bring a deleted activity back as it was; the rights are checked anew."""
    row = await queries.locked(tx, viewer, activity_id, deleted=True)
    _demand_change(viewer, row)
    if row["deleted_at"] is None:
        return int(row["version"])
    return await write(tx, viewer, "restored", activity, row, {"deleted_at": None})


async def move_client(tx: Unit, viewer: Viewer, old_client_id: int, client_id: int) -> None:
    """The activities about a client become those about another one."""
    for row in await queries.about_client(tx, old_client_id):
        await write(tx, viewer, "updated", activity, row, {"client_id": client_id})
