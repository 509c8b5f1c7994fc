"""Tasks in REST."""

from litestar import Response, Router, delete, get, patch, post

from backend.db.session import Unit
from backend.domain.tasks import actions, queries
from backend.domain.tasks.schemas import Task, TaskCreate, TaskFields, TaskFilters, Tasks
from backend.routes.deps import CallDep, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of


@get(
    "/",
    operation_id="listTasks",
    summary="List tasks",
    dependencies={"filters": query_of(TaskFilters)},
    **needs(TaskFilters),
)
async def page(call: CallDep, filters: Query[TaskFilters]) -> Tasks:
    return await call.read(lambda tx: queries.page(tx, call.viewer, filters))


@get("/{record_id:int}", operation_id="getTask", summary="Read one task", **needs())
async def one(call: CallDep, record_id: Path) -> Response[Task]:
    return await call.show(lambda tx: queries.one(tx, call.viewer, record_id))


@post(
    "/",
    operation_id="createTask",
    summary="Make a task about a card or a client",
    status_code=201,
    **needs(),
)
async def create(call: CallDep, data: JSONBody[TaskCreate]) -> Response[Task]:
    async def work(tx: Unit) -> Task:
        made = await actions.create(tx, call.viewer, data)
        return await queries.written(tx, call.viewer, made)

    return await call.write(work, 201, "/api/v1/tasks/{id}")


@patch(
    "/{record_id:int}",
    operation_id="editTask",
    summary="Write fields of a task, or say that it is done",
    **needs(),
)
async def edit(
    call: CallDep, record_id: Path, data: JSONBody[TaskFields], if_match: IfMatch
) -> Response[Task]:
    async def work(tx: Unit) -> Task:
        await actions.edit(tx, call.viewer, record_id, data, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@delete(
    "/{record_id:int}",
    operation_id="deleteTask",
    summary="Delete a task",
    status_code=204,
    **needs(),
)
async def remove(call: CallDep, record_id: Path, if_match: IfMatch) -> None:
    return await call.write(  # type: ignore[return-value]
        lambda tx: actions.delete(tx, call.viewer, record_id, if_match), 204
    )


@post(
    "/{record_id:int}/restore",
    operation_id="restoreTask",
    summary="Bring a deleted task back",
    status_code=200,
    **needs(),
)
async def restore(call: CallDep, record_id: Path) -> Response[Task]:
    async def work(tx: Unit) -> Task:
        await actions.restore(tx, call.viewer, record_id)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


router = Router("/tasks", route_handlers=[page, one, create, edit, remove, restore], tags=["Tasks"])
