"""Tasks as their create requests."""

from typing import Any

from backend.domain.tasks.schemas import TaskCreate
from tests.factories.base import RequestFactory, made
from tests.office import Person


class TaskFactory(RequestFactory[TaskCreate]):
    """Something to do; the card or the client that it is about is to be given."""

    title = "Call back"


async def new_task(person: Person, **fields: Any) -> dict[str, Any]:
    return await made(person, "/tasks", TaskFactory, **fields)
