"""Contacts in REST: the people at a client."""

from litestar import Response, Router, delete, get, patch, post, put

from backend.db.session import Unit
from backend.domain.contacts import actions, queries
from backend.domain.contacts.schemas import (
    Contact,
    ContactCreate,
    ContactFields,
    ContactFilters,
    Contacts,
)
from backend.domain.flows import puts
from backend.routes.call import Put
from backend.routes.deps import CallDep, ExternalId, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of

HERE = "/api/v1/contacts/{id}"


@get(
    "/",
    operation_id="listContacts",
    summary="List contacts",
    dependencies={"filters": query_of(ContactFilters)},
    **needs(ContactFilters),
)
async def page(call: CallDep, filters: Query[ContactFilters]) -> Contacts:
    return await call.read(lambda tx: queries.page(tx, call.viewer, filters))


@get("/{record_id:int}", operation_id="getContact", summary="Read one contact", **needs())
async def one(call: CallDep, record_id: Path) -> Response[Contact]:
    return await call.show(lambda tx: queries.one(tx, call.viewer, record_id))


@post("/", operation_id="createContact", summary="Make a contact", status_code=201, **needs())
async def create(call: CallDep, data: JSONBody[ContactCreate]) -> Response[Contact]:
    async def work(tx: Unit) -> Contact:
        return await queries.written(tx, await actions.create(tx, call.viewer, data))

    return await call.write(work, 201, HERE)


@put(
    "/by-external-id/{external_id:path}",
    operation_id="putContact",
    summary="Make a contact, or merge into the one that has this external_id",
    status_code=200,
    **needs(),
)
async def upsert(
    call: CallDep, external: ExternalId, data: JSONBody[ContactFields]
) -> Response[Contact]:
    async def work(tx: Unit) -> Put:
        found, made = await puts.put_contact(tx, call.viewer, external, data, call.version_named())
        return Put(await queries.written(tx, found), made)

    return await call.write(work, location=HERE)


@patch(
    "/{record_id:int}",
    operation_id="editContact",
    summary="Write fields of a contact",
    **needs(),
)
async def edit(
    call: CallDep, record_id: Path, data: JSONBody[ContactFields], if_match: IfMatch
) -> Response[Contact]:
    async def work(tx: Unit) -> Contact:
        await actions.edit(tx, call.viewer, record_id, data, if_match)
        return await queries.written(tx, record_id)

    return await call.write(work)


@delete(
    "/{record_id:int}",
    operation_id="deleteContact",
    summary="Delete a contact",
    status_code=204,
    **needs(),
)
async def remove(call: CallDep, record_id: Path, if_match: IfMatch) -> None:
    return await call.write(  # type: ignore[return-value]
        lambda tx: actions.delete(tx, call.viewer, record_id, if_match), 204
    )


@post(
    "/{record_id:int}/restore",
    operation_id="restoreContact",
    summary="Bring a deleted contact back",
    status_code=200,
    **needs(),
)
async def restore(call: CallDep, record_id: Path) -> Response[Contact]:
    async def work(tx: Unit) -> Contact:
        await actions.restore(tx, call.viewer, record_id)
        return await queries.written(tx, record_id)

    return await call.write(work)


router = Router(
    "/contacts",
    route_handlers=[page, one, create, upsert, edit, remove, restore],
    tags=["Contacts"],
)
