"""Reading contacts: they exist for whoever their client exists for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import ColumnElement, Select, and_, select

from backend.db.models import client, contact
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Row, Unit
from backend.domain.access import Viewer, sees_client
from backend.domain.clients.names.queries import reached
from backend.domain.contacts.schemas import Contact, ContactFilters, Contacts
from backend.domain.texts import fold
from backend.errors import NotAcceptable, NotFound, pointed

SORTS = {
    "id": SortKey(contact.c.id, int),
    "name": SortKey(contact.c.name_key, str),
    "created_at": SortKey(contact.c.created_at, datetime),
    "updated_at": SortKey(contact.c.updated_at, datetime),
}
EXACT = ("client_id", "external_id", "phone", "is_primary")


def _contacts() -> Select[Any]:
    return select(
        *contact.c, client.c.name.label("client_name"), client.c.owner_id.label("owner_id")
    ).join(client, client.c.id == contact.c.client_id)


def _seen(viewer: Viewer) -> ColumnElement[bool]:
    return and_(contact.c.deleted_at.is_(None), client.c.deleted_at.is_(None), sees_client(viewer))


def _contact(row: Mapping[str, Any]) -> Contact:
    return Contact(**{name: row[name] for name in Contact.__struct_fields__})


async def page(tx: Unit, viewer: Viewer, filters: ContactFilters) -> Contacts:
    """A page of the contacts of clients that exist for the viewer."""
    query = _contacts().where(_seen(viewer))
    for name in EXACT:
        if getattr(filters, name) is not None:
            query = query.where(contact.c[name] == getattr(filters, name))
    if filters.email is not None:
        query = query.where(contact.c.email_key == fold(filters.email))
    if filters.updated_since is not None:
        query = query.where(contact.c.updated_at >= filters.updated_since)
    if filters.q:
        query = query.where(reached(filters.q))
    found = await fetch(tx, query, Paging.asked(filters), SORTS, contact.c.id)
    total = UNSET if found.total is None else found.total
    items = [_contact(row) for row in found.rows]
    return Contacts(items=items, next_cursor=found.next_cursor, total=total)


async def one(tx: Unit, viewer: Viewer, contact_id: int) -> Contact:
    """A contact that exists for the viewer; NotFound."""
    return await _whole(tx, _contacts().where(contact.c.id == contact_id, _seen(viewer)))


async def written(tx: Unit, contact_id: int) -> Contact:
    """A contact just written."""
    return await _whole(tx, _contacts().where(contact.c.id == contact_id))


async def _whole(tx: Unit, query: Select[Any]) -> Contact:
    row = await tx.first(query)
    if row is None:
        raise NotFound("There is no such contact")
    return _contact(row)


async def locked(tx: Unit, viewer: Viewer, contact_id: int, *, deleted: bool = False) -> Row:
    """A contact with its client's owner, locked for writing; NotFound."""
    query = _contacts().where(contact.c.id == contact_id)
    query = query.where(sees_client(viewer) if deleted else _seen(viewer))
    row = await tx.first(query.with_for_update(of=contact))
    if row is None:
        raise NotFound("There is no such contact")
    return row


async def by_external_id(tx: Unit, viewer: Viewer, external_id: str) -> int | None:
    """The contact with an external id, where it exists for the viewer."""
    query = (
        select(contact.c.id)
        .join(client, client.c.id == contact.c.client_id)
        .where(contact.c.external_id == external_id, _seen(viewer))
    )
    found: int | None = await tx.scalar(query)
    return found


async def primaries(tx: Unit, client_id: int) -> list[Row]:
    """The primary contact of a client, locked for writing; none or one."""
    query = select(contact.c.id, contact.c.version, contact.c.is_primary).where(
        contact.c.client_id == client_id, contact.c.is_primary, contact.c.deleted_at.is_(None)
    )
    return await tx.rows(query.with_for_update())


async def belongs(tx: Unit, contact_id: int, client_id: int) -> bool:
    """Whether a contact is a person at this client."""
    query = select(contact.c.id).where(contact.c.id == contact_id, contact.c.client_id == client_id)
    return await tx.scalar(query) is not None


async def demand_contact(tx: Unit, viewer: Viewer, contact_id: int, client_id: int | None) -> None:
    """NotFound where the contact does not exist for the viewer.

    NotAcceptable where it is a person at another client than the one that is named.
    """
    query = (
        select(contact.c.client_id)
        .join(client, client.c.id == contact.c.client_id)
        .where(contact.c.id == contact_id, _seen(viewer))
    )
    found = await tx.scalar(query)
    if found is None:
        raise pointed("There is no such contact", "/contact_id", NotFound)
    if client_id is not None and found != client_id:
        raise not_of_this_client()


async def demand_kept(tx: Unit, contact_id: int, client_id: int) -> None:
    """NotAcceptable where a record's contact would stay with another client than the new one."""
    if not await belongs(tx, contact_id, client_id):
        raise not_of_this_client()


def not_of_this_client() -> Exception:
    """The refusal of a contact that is a person at another client."""
    return pointed(
        "This contact is a person at another client; send one of this client's, or null",
        "/contact_id",
        NotAcceptable,
    )
