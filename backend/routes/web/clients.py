"""Clients: the list of them, a new one, the page of one with his people, cards and history."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards.schemas import Id
from backend.domain.clients import actions
from backend.domain.clients import queries as clients
from backend.domain.clients.schemas import (
    ClientCreate,
    ClientFields,
    ClientFilters,
    Email,
    Name,
    Word,
)
from backend.domain.flows.merge import merge_clients
from backend.domain.flows.transfer import take_back_client, transfer_client
from backend.domain.sheets import queries
from backend.domain.timeline.moments import queries as moments
from backend.domain.timeline.moments.queries import About
from backend.domain.timeline.schemas import Only
from backend.domain.users.recipients.queries import recipient_name, recipients
from backend.routes.web import composing, editing, fields, pages
from backend.routes.web.editing import Edited, lost
from backend.routes.web.handing import TransferForm, VersionForm, done, gone, still_his
from backend.routes.web.moving import UndoForm, way_back
from backend.routes.web.stage_form import versions
from backend.routes.web.view import View, ViewDep

ONE = "/clients/{record_id:int}"
RETURNED = "/clients/transfer/undo"
CANDIDATES = 50


class Clients(NamedTuple):
    """What clients are called where cards and clients are served alike."""

    name: str
    path: str


Asked = Annotated[str, Meta(max_length=200)]
KIND = Clients("client", "/clients")


class NewForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A client of the caller's own; what else is known of him is written on his page."""

    name: Name
    phone: Word | None = None
    email: Email | None = None
    tax_id: Word | None = None


class MergeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The double whose belongings become the client's."""

    version: int
    other_id: Id


async def again(tx: Unit, view: View, kind: Any, record_id: int, **more: Any) -> Response[bytes]:
    """The client as he is after what was just written."""
    return view.fragment("clients/_client.html", **await _values(tx, view, record_id), **more)


async def _values(tx: Unit, view: View, record_id: int) -> dict[str, Any]:
    sheet = await queries.client_sheet(tx, view.viewer, record_id)
    here = f"{KIND.path}/{record_id}"
    return {
        "sheet": sheet, "client": sheet.client, "here": here, "labels": fields.LABELS,
        "fields": fields.FIELDS[KIND.name],
    }  # fmt: skip


async def overtaken(tx: Unit, view: View, kind: Any, record_id: int) -> Response[Any]:
    """The client as somebody else has made him meanwhile, and who that was."""
    values = await _values(tx, view, record_id)
    line = values["sheet"].moments.items
    answer = view.fragment("clients/_client.html", **values)
    return lost(view, answer, values["client"].name, next((one.who for one in line), ""))


async def write(tx: Unit, viewer: Viewer, record_id: int, given: Any, version: int) -> None:
    await actions.edit(tx, viewer, record_id, given, version)


@get("/clients", include_in_schema=False)
async def listed(
    view: ViewDep,
    q: FromQuery[Asked | None] = None,
    after: FromQuery[Annotated[str, Meta(max_length=1000)] | None] = None,
) -> Response[Any]:
    filters = ClientFilters(q=q or None, cursor=after, sort="name", count=after is None)
    found = await view.read(lambda tx: clients.page(tx, view.viewer, filters))
    values: dict[str, Any] = {"clients": found, "q": q or "", "is_more": after is not None}
    if not view.is_fragment:
        return view.page("clients/list.html", **values)
    return view.fragment("clients/_rows.html" if after else "clients/_found.html", **values)


@get(f"{KIND.path}/new", include_in_schema=False)
async def blank(view: ViewDep) -> Response[Any]:
    return view.fragment("clients/_new.html")


@post(KIND.path, status_code=200, include_in_schema=False)
async def made(view: ViewDep) -> Response[Any]:
    form = await view.form(NewForm)
    given = ClientCreate(name=form.name, phone=form.phone, email=form.email, tax_id=form.tax_id)
    client_id = await view.change(lambda tx: actions.create(tx, view.viewer, given))
    return view.to(f"{KIND.path}/{client_id}", view.gettext("The client is there"))


@get(ONE, include_in_schema=False)
async def one(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        return view.page("clients/show.html", **await _values(tx, view, record_id))

    return await view.read(work)


@get(f"{ONE}/sheet", include_in_schema=False)
async def refreshed(
    view: ViewDep, record_id: FromPath[int], focus: FromQuery[str] = ""
) -> Response[Any]:
    return await view.read(lambda tx: again(tx, view, KIND, record_id, focus=focus))


@get(f"{ONE}/line", include_in_schema=False)
async def line(
    view: ViewDep, record_id: FromPath[int], only: FromQuery[Only | None] = None,
    before: FromQuery[datetime | None] = None,
) -> Response[Any]:  # fmt: skip
    async def work(tx: Unit) -> Response[Any]:
        await clients.demand_readable(tx, view.viewer, record_id)
        found = await moments.line_of(tx, view.viewer, About(client_id=record_id), only, before)
        return view.fragment(
            "cards/_moments.html", moments=found, only=only, can_undo=False, of_client=True,
            here=f"{KIND.path}/{record_id}", whole=before is None, labels=fields.LABELS,
        )  # fmt: skip

    return await view.read(work)


@get(f"{ONE}/transfer", include_in_schema=False)
async def asked_to_whom(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        client = await clients.one(tx, view.viewer, record_id)
        found = await recipients(tx, view.viewer, client.owner_id)
        return view.fragment(
            "cards/_transfer.html", here=f"{KIND.path}/{record_id}", recipients=found,
            version=client.version, what=client.name, target="#card",
        )  # fmt: skip

    return await view.read(work)


@post(f"{ONE}/transfer", status_code=200, include_in_schema=False)
async def given(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    form = await view.form(TransferForm)

    async def work(tx: Unit) -> Response[Any]:
        client = await clients.one(tx, view.viewer, record_id)
        version = await transfer_client(
            tx, view.viewer, record_id, form.owner_id, form.note, form.version
        )
        told = f"{client.name} → {await recipient_name(tx, view.viewer, form.owner_id)}"
        is_given = version != form.version  # else he was his already
        back = way_back(RETURNED, {record_id: version}) if is_given else {}
        answer = await still_his(tx, view, KIND, record_id, again, told, back)
        return done(pages.toast(answer, told, **back))

    return await view.change(work)


@post(RETURNED, status_code=200, include_in_schema=False)
async def taken_back(view: ViewDep) -> Response[Any]:
    form = await view.form(UndoForm)
    ((record_id, version),) = versions(form.ids, form.vers).items()

    async def work(tx: Unit) -> Response[Any]:
        await take_back_client(tx, view.viewer, record_id, version)
        client = await clients.one(tx, view.viewer, record_id)
        told = f"{client.name}: {view.gettext('taken back')}"
        answer = pages.toast(Response(None, headers=dict(pages.SAFE)), told)
        return pages.trigger(answer, done=True, returned=True)

    return await view.change(work)


@get(f"{ONE}/merge", include_in_schema=False)
async def asked_for_double(
    view: ViewDep, record_id: FromPath[int], q: FromQuery[Asked | None] = None
) -> Response[Any]:
    """The dialog, with those of a like name; what is searched for there is looked for instead."""

    async def work(tx: Unit) -> Response[Any]:
        client = await clients.one(tx, view.viewer, record_id)
        longest = max(client.name.split(), key=len).strip("«»\"'(),.")[:200]
        alike = ClientFilters(q=longest if q is None else q or None, limit=CANDIDATES)
        found = await clients.page(tx, view.viewer, alike)
        doubles = [other for other in found.items if other.id != record_id]
        template = f"clients/{'_merge' if q is None else '_doubles'}.html"
        return view.fragment(
            template, client=client, doubles=doubles, here=f"{KIND.path}/{record_id}"
        )

    return await view.read(work)


@post(f"{ONE}/merge", status_code=200, include_in_schema=False)
async def merged(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    form = await view.form(MergeForm)

    async def work(tx: Unit) -> Response[Any]:
        await merge_clients(tx, view.viewer, record_id, form.other_id, form.version)
        answer = await again(tx, view, KIND, record_id)
        return done(pages.toast(answer, view.gettext("The two are one client now")))

    return await view.change(work)


@post(f"{ONE}/delete", status_code=200, include_in_schema=False)
async def removed(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    form = await view.form(VersionForm)

    async def work(tx: Unit) -> Response[Any]:
        client = await clients.one(tx, view.viewer, record_id)
        await actions.delete(tx, view.viewer, record_id, form.version)
        return gone(view, KIND, record_id, client.name, view.gettext("All clients"))

    return await view.change(work)


@post(f"{ONE}/restore", status_code=200, include_in_schema=False)
async def restored(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    await view.change(lambda tx: actions.restore(tx, view.viewer, record_id))
    return view.to(f"{KIND.path}/{record_id}", view.gettext("It is back"))


HANDLERS = [
    listed, blank, made, one, refreshed, line, asked_to_whom, given, taken_back,
    asked_for_double, merged, removed, restored, *composing.routes(KIND, again),
    *editing.routes(Edited(KIND, ClientFields, clients.one, write, again, overtaken)),
]  # fmt: skip
