"""What is noted on a card, and what is to be done next: notes, calls, tasks done and put off."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.activities import actions as activities
from backend.domain.activities.schemas import ActivityCreate
from backend.domain.tasks import actions as tasks
from backend.domain.tasks import queries as task_queries
from backend.domain.tasks.schemas import TaskCreate, TaskFields
from backend.domain.timeline.moments.queries import About
from backend.domain.workdays import end_after
from backend.errors import NotFound, Stale
from backend.routes.web import pages
from backend.routes.web.view import View, ViewDep
from backend.routes.web.words import N_

Again = Callable[..., Awaitable[Response[bytes]]]
LONGEST_TASK = 255
# What a task that is made by one click is called, by its kind.
CALLED = {"call": N_("Call"), "email": N_("Write a letter"), "todo": N_("Next step")}


class Note(Struct, frozen=True, forbid_unknown_fields=True):
    """What the composer sends: something that was done, or a task due in so many days."""

    what: Literal["note", "call", "email", "meeting", "task"]
    text: Annotated[str, Meta(max_length=10_000)]
    direction: Literal["in", "out"] | None = None
    days: Annotated[int, Meta(ge=0, le=3660)] = 1


class TaskForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A task done, or put off by so many days."""

    version: int
    days: Annotated[int, Meta(ge=1, le=3660)] | None = None


class NextForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The next step: what kind of task, in how many days."""

    days: Annotated[int, Meta(ge=0, le=3660)]
    kind: Literal["call", "email", "todo"] = "call"


def routes(kind: Any, again: Again) -> list[HTTPRouteHandler]:
    """What is noted about the cards of a kind, or about clients; each answers with the page."""
    return [*_noting(kind, again), *_doing(kind, again)]


def _about(kind: Any, record_id: int) -> About:
    return About(client_id=record_id) if kind.name == "client" else About(card_id=record_id)


def _noting(kind: Any, again: Again) -> list[HTTPRouteHandler]:
    async def note(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        form = await view.form(Note)

        async def work(tx: Unit) -> Response[Any]:
            await _noted(tx, view, form, _about(kind, record_id))
            return pages.trigger(await again(tx, view, kind, record_id), noted=True)

        return await view.change(work)

    async def following(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        form = await view.form(NextForm)

        async def work(tx: Unit) -> Response[Any]:
            title = view.gettext(CALLED[form.kind])
            await make_task(tx, view, title, form.kind, form.days, _about(kind, record_id))
            return await again(tx, view, kind, record_id)

        return await view.change(work)

    here = f"{kind.path}/{{record_id:int}}"
    return [
        post(f"{here}/notes", status_code=200, include_in_schema=False)(note),
        post(f"{here}/next", status_code=200, include_in_schema=False)(following),
    ]


def _doing(kind: Any, again: Again) -> list[HTTPRouteHandler]:
    async def task(
        view: ViewDep, record_id: FromPath[int], task_id: FromPath[int]
    ) -> Response[Any]:
        form = await view.form(TaskForm)
        done = form.days is None

        async def work(tx: Unit) -> Response[Any]:
            await _demand_about(tx, view, task_id, _about(kind, record_id))
            later = TaskFields(due_at=_end(tx, view, form.days or 1))
            fields = TaskFields(done=True) if done else later
            await tasks.edit(tx, view.viewer, task_id, fields, form.version)
            return await again(tx, view, kind, record_id, asks_next=done)

        try:
            return await view.change(work)
        except Stale:
            answer = await view.read(lambda tx: again(tx, view, kind, record_id))
            answer.status_code = 412
            told = view.gettext("This task was changed meanwhile. Look again.")
            return pages.toast(answer, told, tone="bad")

    return [
        post(
            f"{kind.path}/{{record_id:int}}/tasks/{{task_id:int}}",
            status_code=200,
            include_in_schema=False,
        )(task)
    ]


async def _noted(tx: Unit, view: View, form: Note, about: About) -> None:
    if form.what == "task":
        await make_task(tx, view, form.text[:LONGEST_TASK], "todo", form.days, about)
        return
    directed = form.what in activities.DIRECTED
    said = ActivityCreate(
        kind=form.what,
        body=form.text,
        direction=form.direction if directed else None,
        card_id=about.card_id,
        client_id=about.client_id,
    )
    await activities.create(tx, view.viewer, said)


async def make_task(
    tx: Unit, view: View, title: str, kind: Any, days: int, about: About
) -> datetime:
    """Make a task of the viewer's own, due when the working hours of a day end; when that is."""
    due_at = _end(tx, view, days)
    given = TaskCreate(
        title=title.strip(), kind=kind, due_at=due_at, card_id=about.card_id,
        client_id=about.client_id,
    )  # fmt: skip
    await tasks.create(tx, view.viewer, given)
    return due_at


def _end(tx: Unit, view: View, days: int) -> datetime:
    company = view.viewer.company
    return end_after(tx.now, days, company.time_zone, company.workdays)


async def _demand_about(tx: Unit, view: View, task_id: int, about: About) -> None:
    """NotFound where the task is not about what the address names."""
    row = await task_queries.one(tx, view.viewer, task_id)
    if About(card_id=row.card_id, client_id=row.client_id) != about:
        raise NotFound("There is no such task")
