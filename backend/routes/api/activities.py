"""Activities in REST."""

from litestar import Response, Router, delete, get, patch, post

from backend.db.session import Unit
from backend.domain.activities import actions, queries
from backend.domain.activities.schemas import (
    Activities,
    Activity,
    ActivityCreate,
    ActivityFields,
    ActivityFilters,
)
from backend.routes.deps import CallDep, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of


@get(
    "/",
    operation_id="listActivities",
    summary="List activities",
    dependencies={"filters": query_of(ActivityFilters)},
    **needs(ActivityFilters),
)
async def page(call: CallDep, filters: Query[ActivityFilters]) -> Activities:
    return await call.read(lambda tx: queries.page(tx, call.viewer, filters))


@get("/{record_id:int}", operation_id="getActivity", summary="Read one activity", **needs())
async def one(call: CallDep, record_id: Path) -> Response[Activity]:
    return await call.show(lambda tx: queries.one(tx, call.viewer, record_id))


@post(
    "/",
    operation_id="createActivity",
    summary="Note what was done about a card or a client",
    status_code=201,
    **needs(),
)
async def create(call: CallDep, data: JSONBody[ActivityCreate]) -> Response[Activity]:
    async def work(tx: Unit) -> Activity:
        made = await actions.create(tx, call.viewer, data)
        return await queries.written(tx, call.viewer, made)

    return await call.write(work, 201, "/api/v1/activities/{id}")


@patch(
    "/{record_id:int}",
    operation_id="editActivity",
    summary="Write fields of an activity",
    **needs(),
)
async def edit(
    call: CallDep, record_id: Path, data: JSONBody[ActivityFields], if_match: IfMatch
) -> Response[Activity]:
    async def work(tx: Unit) -> Activity:
        await actions.edit(tx, call.viewer, record_id, data, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@delete(
    "/{record_id:int}",
    operation_id="deleteActivity",
    summary="Delete an activity",
    status_code=204,
    **needs(),
)
async def remove(call: CallDep, record_id: Path, if_match: IfMatch) -> None:
    return await call.write(  # type: ignore[return-value]
        lambda tx: actions.delete(tx, call.viewer, record_id, if_match), 204
    )


@post(
    "/{record_id:int}/restore",
    operation_id="restoreActivity",
    summary="Bring a deleted activity back",
    status_code=200,
    **needs(),
)
async def restore(call: CallDep, record_id: Path) -> Response[Activity]:
    async def work(tx: Unit) -> Activity:
        await actions.restore(tx, call.viewer, record_id)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


router = Router(
    "/activities", route_handlers=[page, one, create, edit, remove, restore], tags=["Activities"]
)
