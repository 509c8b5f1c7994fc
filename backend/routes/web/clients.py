"""Clients: the list of them, and the page of one with his people, cards, agreements, history."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.access import in_own_language
from backend.domain.cards.schemas import Id
from backend.domain.clients import queries as clients
from backend.domain.clients.schemas import ClientFilters
from backend.domain.flows.merge import merge_clients
from backend.domain.flows.transfer import transfer_client
from backend.domain.sheets import queries
from backend.domain.timeline.moments import queries as moments
from backend.domain.timeline.moments.queries import About
from backend.domain.timeline.schemas import Only
from backend.errors import NotFound
from backend.routes.web import composing, fields, pages
from backend.routes.web.handing import TransferForm, done
from backend.routes.web.view import View, ViewDep

ONE = "/clients/{record_id:int}"
CANDIDATES = 50


class Clients(NamedTuple):
    """What clients are called where cards and clients are served alike."""

    name: str
    path: str


KIND = Clients("client", "/clients")


class MergeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The double whose belongings become the client's."""

    version: int
    other_id: Id


async def again(tx: Unit, view: View, kind: Any, record_id: int, **more: Any) -> Response[bytes]:
    """The client as he is after what was just written."""
    return view.fragment("clients/_client.html", **await _values(tx, view, record_id), **more)


async def _values(tx: Unit, view: View, record_id: int) -> dict[str, Any]:
    sheet = await queries.client_sheet(tx, in_own_language(view.viewer), record_id)
    here = f"{KIND.path}/{record_id}"
    return {"sheet": sheet, "client": sheet.client, "here": here, "labels": fields.LABELS}


@get("/clients", include_in_schema=False)
async def listed(
    view: ViewDep,
    q: FromQuery[Annotated[str, Meta(max_length=200)] | None] = None,
    after: FromQuery[Annotated[str, Meta(max_length=1000)] | None] = None,
) -> Response[Any]:
    filters = ClientFilters(q=q or None, cursor=after, sort="name", count=after is None)
    found = await view.read(lambda tx: clients.page(tx, view.viewer, filters))
    if view.is_fragment:
        return view.fragment("clients/_rows.html", clients=found, q=q or "")
    return view.page("clients/list.html", clients=found, q=q or "")


@get(ONE, include_in_schema=False)
async def one(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        return view.page("clients/show.html", **await _values(tx, view, record_id))

    return await view.read(work)


@get(f"{ONE}/sheet", include_in_schema=False)
async def refreshed(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    return await view.read(lambda tx: again(tx, view, KIND, record_id))


@get(f"{ONE}/line", include_in_schema=False)
async def line(
    view: ViewDep, record_id: FromPath[int], only: FromQuery[Only | None] = None,
    before: FromQuery[datetime | None] = None,
) -> Response[Any]:  # fmt: skip
    async def work(tx: Unit) -> Response[Any]:
        viewer = in_own_language(view.viewer)
        await clients.demand_readable(tx, viewer, record_id)
        found = await moments.line_of(tx, viewer, About(client_id=record_id), only, before)
        return view.fragment(
            "cards/_moments.html", moments=found, only=only, can_undo=False, of_client=True,
            here=f"{KIND.path}/{record_id}", whole=before is None, labels=fields.LABELS,
        )  # fmt: skip

    return await view.read(work)


@get(f"{ONE}/transfer", include_in_schema=False)
async def asked_to_whom(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        client = await clients.one(tx, view.viewer, record_id)
        heirs = await queries.heirs(tx, view.viewer, client.owner_id)
        return view.fragment(
            "cards/_transfer.html", here=f"{KIND.path}/{record_id}", heirs=heirs,
            version=client.version, what=client.name, target="#card",
        )  # fmt: skip

    return await view.read(work)


@post(f"{ONE}/transfer", status_code=200, include_in_schema=False)
async def given(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    form = await view.form(TransferForm)

    async def work(tx: Unit) -> Response[Any]:
        await transfer_client(tx, view.viewer, record_id, form.owner_id, form.note, form.version)
        try:
            answer = await again(tx, view, KIND, record_id)
        except NotFound:
            return view.to(KIND.path)
        return done(pages.toast(answer, view.gettext("Handed over")))

    return await view.change(work)


@get(f"{ONE}/merge", include_in_schema=False)
async def asked_for_double(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        client = await clients.one(tx, view.viewer, record_id)
        longest = max(client.name.split(), key=len)
        alike = ClientFilters(q=longest.strip("«»\"'(),.")[:200], limit=CANDIDATES)
        found = await clients.page(tx, view.viewer, alike)
        doubles = [other for other in found.items if other.id != record_id]
        return view.fragment(
            "clients/_merge.html", client=client, doubles=doubles, here=f"{KIND.path}/{record_id}"
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


HANDLERS = [
    listed, one, refreshed, line, asked_to_whom, given, asked_for_double, merged,
    *composing.routes(KIND, again),
]  # fmt: skip
