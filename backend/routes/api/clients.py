"""Clients in REST."""

from litestar import Response, Router, delete, get, patch, post, put

from backend.db.session import Unit
from backend.domain.cards.schemas import TransferRequest
from backend.domain.clients import actions, queries
from backend.domain.clients.schemas import (
    Client,
    ClientCreate,
    ClientFields,
    ClientFilters,
    Clients,
    ClientUpsert,
    MergeRequest,
)
from backend.domain.flows import puts
from backend.domain.flows.merge import merge_clients
from backend.domain.flows.transfer import transfer_client
from backend.domain.timeline import queries as timelines
from backend.domain.timeline.schemas import Timeline, TimelineFilters
from backend.routes.call import Put
from backend.routes.deps import CallDep, ExternalId, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of

HERE = "/api/v1/clients/{id}"


@get(
    "/",
    operation_id="listClients",
    summary="List clients",
    dependencies={"filters": query_of(ClientFilters)},
    **needs(ClientFilters),
)
async def page(call: CallDep, filters: Query[ClientFilters]) -> Clients:
    return await call.read(lambda tx: queries.page(tx, call.viewer, filters))


@get("/{record_id:int}", operation_id="getClient", summary="Read one client", **needs())
async def one(call: CallDep, record_id: Path) -> Response[Client]:
    return await call.show(lambda tx: queries.one(tx, call.viewer, record_id))


@get(
    "/{record_id:int}/timeline",
    operation_id="getClientTimeline",
    summary="What happened with one client, newest first",
    dependencies={"filters": query_of(TimelineFilters)},
    **needs(TimelineFilters),
)
async def timeline(call: CallDep, record_id: Path, filters: Query[TimelineFilters]) -> Timeline:
    return await call.read(lambda tx: timelines.of_client(tx, call.viewer, record_id, filters))


@post("/", operation_id="createClient", summary="Make a client", status_code=201, **needs())
async def create(call: CallDep, data: JSONBody[ClientCreate]) -> Response[Client]:
    async def work(tx: Unit) -> Client:
        made = await actions.create(tx, call.viewer, data)
        return await queries.written(tx, call.viewer, made)

    return await call.write(work, 201, HERE)


@put(
    "/by-external-id/{external_id:path}",
    operation_id="putClient",
    summary="Make a client, or merge into the one that has this external_id",
    status_code=200,
    **needs(),
)
async def upsert(
    call: CallDep, external: ExternalId, data: JSONBody[ClientUpsert]
) -> Response[Client]:
    async def work(tx: Unit) -> Put:
        found, made = await puts.put_client(tx, call.viewer, external, data, call.version_named())
        return Put(await queries.written(tx, call.viewer, found), made)

    return await call.write(work, location=HERE)


@patch(
    "/{record_id:int}",
    operation_id="editClient",
    summary="Write fields of a client",
    **needs(),
)
async def edit(
    call: CallDep, record_id: Path, data: JSONBody[ClientFields], if_match: IfMatch
) -> Response[Client]:
    async def work(tx: Unit) -> Client:
        await actions.edit(tx, call.viewer, record_id, data, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@delete(
    "/{record_id:int}",
    operation_id="deleteClient",
    summary="Delete a client",
    status_code=204,
    **needs(),
)
async def remove(call: CallDep, record_id: Path, if_match: IfMatch) -> None:
    return await call.write(  # type: ignore[return-value]
        lambda tx: actions.delete(tx, call.viewer, record_id, if_match), 204
    )


@post(
    "/{record_id:int}/restore",
    operation_id="restoreClient",
    summary="Bring a deleted client back",
    status_code=200,
    **needs(),
)
async def restore(call: CallDep, record_id: Path) -> Response[Client]:
    async def work(tx: Unit) -> Client:
        await actions.restore(tx, call.viewer, record_id)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@post(
    "/{record_id:int}/transfer",
    operation_id="transferClient",
    summary="Give a client, and what is under way with him, to another owner",
    status_code=200,
    **needs(),
)
async def transfer(
    call: CallDep, record_id: Path, data: JSONBody[TransferRequest], if_match: IfMatch
) -> Response[Client]:
    async def work(tx: Unit) -> Client:
        await transfer_client(tx, call.viewer, record_id, data.owner_id, data.note, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@post(
    "/{record_id:int}/merge",
    operation_id="mergeClient",
    summary="Merge a double into a client: all that is his becomes this client's",
    status_code=200,
    **needs(),
)
async def merge(
    call: CallDep, record_id: Path, data: JSONBody[MergeRequest], if_match: IfMatch
) -> Response[Client]:
    async def work(tx: Unit) -> Client:
        await merge_clients(tx, call.viewer, record_id, data.other_id, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


router = Router(
    "/clients",
    route_handlers=[page, one, timeline, create, upsert, edit, remove, restore, transfer, merge],
    tags=["Clients"],
)
