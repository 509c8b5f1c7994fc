"""The page that a day begins with: tasks ticked and put off, next steps, what heads look after."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.cards.schemas import Id, Instant
from backend.domain.moves import renewing
from backend.domain.notifications import actions as notifications
from backend.domain.renewals.schemas import RenewalCreate
from backend.domain.tasks import actions as tasks
from backend.domain.tasks.schemas import TaskFields
from backend.domain.timeline.moments.queries import About
from backend.domain.today import queries, rules
from backend.domain.today.schemas import Due, Place, Section
from backend.errors import BadRequest, Stale
from backend.routes.web import pages
from backend.routes.web.composing import CALLED, make_task
from backend.routes.web.view import View, ViewDep
from backend.routes.web.words import N_

PAGE = "/today"
Units = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class TaskForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task is done, is open again, or is put off: to a day, or back to the instant it was due."""

    version: int
    does: Literal["done", "open", "hour", "tomorrow", "week", "day", "back"]
    day: date | None = None
    at: Instant | None = None


class NextForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The next step in so many days; it is a call unless it says what."""

    days: Annotated[int, Meta(ge=0, le=3660)]
    title: Annotated[str, Meta(max_length=255)] = ""


class OrphanForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The date of the next renewal."""

    renewal_date: date


@get(PAGE, include_in_schema=False)
async def shown(view: ViewDep) -> Response[Any]:
    return await view.read(lambda tx: _shown(tx, view))


async def _shown(tx: Unit, view: View, focus: str = "") -> Response[Any]:
    """The whole page, or all of it that changes through the day, with the focus on a section."""
    found = await queries.today(tx, view.viewer)
    if view.is_fragment:
        return view.fragment("today/_today.html", today=found, counts=found.counts, focus=focus)
    return view.page("today/today.html", today=found, counts=found.counts)


@get(f"{PAGE}/more", include_in_schema=False)
async def more(
    view: ViewDep,
    section: FromQuery[Section],
    due: FromQuery[Annotated[datetime, Meta(tz=True)]],
    worth: FromQuery[Units],
    task: FromQuery[Units],
) -> Response[Any]:
    """The next tasks of a section, after the last one that is shown."""
    place = Place(due, worth, task)
    found = await view.read(lambda tx: queries.page(tx, view.viewer, section, place))
    return view.fragment("today/_rows.html", tasks=found, section=section)


@post(f"{PAGE}/tasks/{{record_id:int}}", status_code=200, include_in_schema=False)
async def handled(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    form = await view.form(TaskForm)

    async def work(tx: Unit) -> Response[Any]:
        before = await queries.one(tx, view.viewer, record_id)
        await tasks.edit(tx, view.viewer, record_id, _wished(tx, view, form), form.version)
        what = {"done": "done", "open": "open", "back": "open"}.get(form.does, "later")
        return await _again(tx, view, record_id, what, was_due=before.due_at)

    try:
        return await view.change(work)
    except Stale:
        if not view.is_fragment:
            raise
        answer = await view.read(lambda tx: _again(tx, view, record_id, "open"))
        answer.status_code = 412
        told = view.gettext("This task was changed meanwhile. Look again.")
        return pages.toast(answer, told, tone="bad")


def _wished(tx: Unit, view: View, form: TaskForm) -> TaskFields:
    company = view.viewer.company
    match form.does:
        case "done" | "open":
            return TaskFields(done=form.does == "done")
        case "hour" | "tomorrow" | "week":
            today, days = company.today(tx.now), company.workdays
            return TaskFields(due_at=rules.later(form.does, tx.now, today, company.time_zone, days))
        case "day" if form.day is not None:
            return TaskFields(due_at=rules.on(form.day, company.time_zone))
        case "back" if form.at is not None:
            return TaskFields(due_at=form.at)
    raise BadRequest(N_("Say until when it is put off"))


@post(f"{PAGE}/tasks/{{record_id:int}}/next", status_code=200, include_in_schema=False)
async def following(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    form = await view.form(NextForm)

    async def work(tx: Unit) -> Response[Any]:
        about = _about(await queries.one(tx, view.viewer, record_id))
        kind = "todo" if form.title.strip() else "call"
        title = form.title.strip() or view.gettext(CALLED[kind])
        due_at = await make_task(tx, view, title, kind, form.days, about)
        return await _again(tx, view, record_id, "next", step=title, step_at=due_at)

    return await view.change(work)


def _about(known: Due) -> About:
    """What the task is about: a card, else a client himself."""
    if known.card_id is not None:
        return About(card_id=known.card_id)
    return About(client_id=known.client_id)


async def _again(tx: Unit, view: View, task_id: int, what: str, **told: Any) -> Response[Any]:
    """The row of a task as it is now, with the page's figures; a whole page without scripts."""
    if not view.is_fragment:
        return view.to(PAGE)
    row = await queries.one(tx, view.viewer, task_id)
    what = "over" if what == "open" and row.is_done else what
    return view.fragment(
        "today/_handled.html", row=row, what=what, **told,
        counts=await queries.counts(tx, view.viewer),
    )  # fmt: skip


@post(f"{PAGE}/notifications/{{record_id:int}}", status_code=200, include_in_schema=False)
async def heard(view: ViewDep, record_id: FromPath[Id]) -> Response[Any]:
    """A notification is read: the ones after it move up."""

    async def work(tx: Unit) -> Response[Any]:
        await notifications.read(tx, view.viewer, record_id)
        return await _shown(tx, view, "told") if view.is_fragment else view.to(PAGE)

    return await view.change(work)


@post(f"{PAGE}/orphans/{{record_id:int}}", status_code=200, include_in_schema=False)
async def scheduled(view: ViewDep, record_id: FromPath[Id]) -> Response[Any]:
    form = await view.form(OrphanForm)
    wish = RenewalCreate(agreement_id=record_id, renewal_date=form.renewal_date)

    async def work(tx: Unit) -> Response[Any]:
        await renewing.create(tx, view.viewer, wish)
        if not view.is_fragment:
            return view.to(PAGE)
        answer = await _shown(tx, view, "orphans")
        return pages.toast(answer, view.gettext("The next renewal waits for its day"))

    return await view.change(work)


HANDLERS = [shown, more, handled, following, heard, scheduled]
