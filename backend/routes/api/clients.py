"""Clients in REST."""

from litestar import Response, Router, get, post

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
from backend.domain.flows import upserts
from backend.domain.flows.merge import merge_clients
from backend.domain.flows.transfer import transfer_client
from backend.domain.timeline import queries as timelines
from backend.domain.timeline.schemas import Timeline, TimelineFilters
from backend.routes.api.records import Reads, Resource, Shapes, Writes, routes
from backend.routes.deps import CallDep, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of

RESOURCE = Resource(
    "client",
    "clients",
    Shapes(Client, Clients, ClientFilters, ClientCreate, ClientFields, ClientUpsert),
    Reads(queries.page, queries.one, queries.written),
    Writes(actions.create, actions.edit, actions.delete, actions.restore, upserts.upsert_client),
)


@get(
    "/{record_id:int}/timeline",
    operation_id="getClientTimeline",
    summary="What happened with one client, newest first",
    dependencies={"filters": query_of(TimelineFilters)},
    **needs(TimelineFilters),
)
async def timeline(call: CallDep, record_id: Path, filters: Query[TimelineFilters]) -> Timeline:
    return await call.read(lambda tx: timelines.of_client(tx, call.viewer, record_id, filters))


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
    "/clients", route_handlers=[*routes(RESOURCE), timeline, transfer, merge], tags=["Clients"]
)
