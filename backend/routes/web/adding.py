"""A new card from one line on a board, and what its new owner's first look does to a card."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from backend.db.session import Unit
from backend.domain.cards.rules import number
from backend.domain.clients.names import queries as names
from backend.domain.flows.quick_add import QuickCard, add
from backend.domain.moves import editing
from backend.errors import NotAcceptable
from backend.routes.web import pages
from backend.routes.web.address import Address, AddressDep
from backend.routes.web.boards import Kind, patched, reads
from backend.routes.web.view import View, ViewDep

OFFERED = 8  # names while somebody types


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """Adding a card where it may be made on the board; opening one that was handed over."""

    async def opened(view: ViewDep, address: AddressDep, record_id: FromPath[int]) -> Response[Any]:
        async def work(tx: Unit) -> Response[Any]:
            await editing.opened(tx, view.viewer, kind.name, record_id)
            return await patched(tx, view, kind, address, [record_id])

        return await view.change(work)

    async def new(view: ViewDep, address: AddressDep) -> Response[Any]:
        return await _made(view, kind, address)

    async def clients(
        view: ViewDep, whom: FromQuery[Annotated[str, Meta(max_length=255)]] = ""
    ) -> Response[Any]:
        if not whom.strip():
            return view.fragment("board/_names.html", names=[])
        found = await view.read(lambda tx: names.names_like(tx, view.viewer, whom, OFFERED))
        return view.fragment("board/_names.html", names=found)

    opening = post(f"{kind.path}/{{record_id:int}}/opened", status_code=200, **reads())(opened)
    if not kind.is_made_here:
        return [opening]
    return [
        opening,
        post(f"{kind.path}/new", status_code=200, **reads())(new),
        get(f"{kind.path}/clients", include_in_schema=False)(clients),
    ]


async def _made(view: View, kind: Kind, address: Address) -> Response[Any]:
    line = await view.form(QuickCard)

    async def work(tx: Unit) -> Response[Any]:
        made = await add(tx, view.viewer, kind.name, line)
        told = view.gettext("%(number)s is added: %(name)s")
        told %= {"number": number(kind.name, made, view.viewer.locale), "name": line.whom.strip()}
        return pages.toast(await patched(tx, view, kind, address, [made]), told)

    try:
        return pages.trigger(await view.change(work), added=True)
    except NotAcceptable as error:  # what a later stage demands is not asked for in one line
        answer: Response[Any] = Response(
            None, status_code=422, headers={**pages.SAFE, "HX-Reswap": "none"}
        )
        return pages.toast(answer, view.refusal(error), tone="bad")
