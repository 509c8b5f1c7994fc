"""Writing contacts: whoever may change a client may change the people there."""

from typing import Any

from sqlalchemy import insert

from backend.db.models import contact
from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.clients import queries as clients
from backend.domain.contacts import queries
from backend.domain.contacts.schemas import ContactCreate, ContactFields
from backend.domain.feed.actions import announce, write
from backend.domain.feed.rules import differences
from backend.domain.texts import fold, given, written_over
from backend.domain.versions import demand_version
from backend.errors import NotFound, pointed

BLANK: dict[str, Any] = {"is_primary": False, "custom": {}}


async def create(tx: Unit, viewer: Viewer, fields: ContactCreate) -> int:
    """Make a contact of a client; its id."""
    await _demand_client(tx, viewer, fields.client_id)
    values = {**BLANK, **_ready(fields, BLANK)}
    if values["is_primary"]:
        await _step_down(tx, viewer, fields.client_id)
    row = {**values, "version": 1, "created_at": tx.now, "updated_at": tx.written_at}
    contact_id: int = await tx.scalar(insert(contact).returning(contact.c.id), row)
    await announce(tx, viewer, "created", "contact", contact_id, 1, differences({}, row))
    return contact_id


async def edit(
    tx: Unit, viewer: Viewer, contact_id: int, fields: ContactFields, if_match: int | None
) -> int:
    """Write the given fields; the new version (the old one where nothing changes).

    A person who goes to another client is not the primary contact there unless that is said.
    """
    row = await queries.locked(tx, viewer, contact_id)
    access.demand_edit(viewer, row["owner_id"], "contact")
    demand_version(row["version"], if_match)
    values = _ready(fields, row)
    home: int = values.get("client_id") or row["client_id"]
    if home != row["client_id"]:
        await _demand_client(tx, viewer, home)
        values = {"is_primary": False, **values}
    changed = {name: value for name, value in values.items() if row[name] != value}
    if not changed:
        return int(row["version"])
    if values.get("is_primary"):
        await _step_down(tx, viewer, home, contact_id)
    return await write(tx, viewer, "updated", contact, row, changed)


async def delete(tx: Unit, viewer: Viewer, contact_id: int, if_match: int | None) -> None:
    """Delete a contact softly; cards that name him keep him."""
    row = await queries.locked(tx, viewer, contact_id)
    access.demand_edit(viewer, row["owner_id"], "contact")
    demand_version(row["version"], if_match)
    await write(tx, viewer, "deleted", contact, row, {"deleted_at": tx.now})


async def restore(tx: Unit, viewer: Viewer, contact_id: int) -> int:
    """Bring a deleted contact back; he is primary still where nobody took his place.

    Conflict while his client is deleted.
    """
    row = await queries.locked(tx, viewer, contact_id, deleted=True)
    access.demand_edit(viewer, row["owner_id"], "contact")
    if row["deleted_at"] is None:
        return int(row["version"])
    await clients.demand_living(tx, row["client_id"])
    await clients.hold(tx, row["client_id"])
    alone = not await queries.primaries(tx, row["client_id"])
    values = {"deleted_at": None, "is_primary": row["is_primary"] and alone}
    return await write(tx, viewer, "restored", contact, row, values)


async def _demand_client(tx: Unit, viewer: Viewer, client_id: int) -> None:
    """The client must exist for the caller and be his to change; rivals over him take turns."""
    try:
        row = await clients.locked(tx, viewer, client_id)
    except NotFound as error:
        raise pointed(error.message, "/client_id", NotFound) from None
    access.demand_edit(viewer, row["owner_id"], "client")


async def _step_down(
    tx: Unit, viewer: Viewer, client_id: int, except_id: int | None = None
) -> None:
    await clients.hold(tx, client_id)
    for row in await queries.primaries(tx, client_id):
        if row["id"] != except_id:
            await write(tx, viewer, "updated", contact, row, {"is_primary": False})


def _ready(fields: ContactFields, row: Any) -> dict[str, Any]:
    """Given fields as columns, with what they are searched by."""
    values = given(fields)
    if "name" in values:
        if values["name"] is None:
            raise pointed("a name is needed", "/name")
        values["name_key"] = fold(values["name"])
    if "email" in values:
        values["email_key"] = None if values["email"] is None else fold(values["email"])
    if "custom" in values:
        values["custom"] = written_over(row["custom"], values["custom"])
    return values
