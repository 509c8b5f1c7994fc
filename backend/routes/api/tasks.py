"""Tasks in REST."""

from litestar import Router

from backend.domain.tasks import actions, queries
from backend.domain.tasks.schemas import Task, TaskCreate, TaskFields, TaskFilters, Tasks
from backend.routes.api.records import Reads, Resource, Shapes, Writes, routes

RESOURCE = Resource(
    "task",
    "tasks",
    Shapes(Task, Tasks, TaskFilters, TaskCreate, TaskFields),
    Reads(queries.page, queries.one, queries.written),
    Writes(actions.create, actions.edit, actions.delete, actions.restore),
    makes="Make a task about a card or a client",
    edits="Write fields of a task, or say that it is done",
)

router = Router("/tasks", route_handlers=routes(RESOURCE), tags=["Tasks"])
