"""The boards of the four kinds of cards: the page, next cards, figures, what has changed."""

from typing import Annotated, Any, NamedTuple

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from backend.db.session import Unit
from backend.domain.boards import queries
from backend.domain.boards.figures.queries import figures
from backend.domain.feed import queries as feed
from backend.errors import BadRequest
from backend.routes.web.address import NUMBERS, Address, AddressDep, numbers, provided
from backend.routes.web.view import View, ViewDep
from backend.routes.web.words import N_, SOURCES

MOST_PATCHED = 60


class Kind(NamedTuple):
    """A board: its kind of cards, its path, its words."""

    name: str
    plural: str
    title: str
    one: str
    empty: str
    first: str = ""

    @property
    def path(self) -> str:
        return f"/{self.plural}"

    @property
    def is_made_here(self) -> bool:
        """Whether a new card needs no more than a client and a subject."""
        return self.name != "renewal"


BOARDS = (
    Kind("lead", "leads", N_("Leads"), N_("Lead"), N_("No leads yet. Each enquiry begins as one."),
         N_("Add the first lead")),
    Kind("offer", "offers", N_("Offers"), N_("Offer"), N_("No offers yet."),
         N_("Add the first offer")),
    Kind("deal", "deals", N_("Deals"), N_("Deal"), N_("No deals yet."),
         N_("Add the first deal")),
    Kind(
        "renewal", "renewals", N_("Renewals"), N_("Renewal"),
        N_("No renewals are in work. They come here by themselves when their time has come."),
    ),
)  # fmt: skip
SPANS = {
    "overdue": N_("Overdue"), "this_week": N_("This week"), "next_week": N_("Next week"),
    "this_month": N_("This month"), "later": N_("Later"),
}  # fmt: skip


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """What every board can be asked."""

    async def board(view: ViewDep, address: AddressDep) -> Response[Any]:
        return await view.read(lambda tx: _shown(tx, view, kind, address))

    async def column(
        view: ViewDep, address: AddressDep, key: FromPath[str],
        after: FromQuery[Annotated[str, Meta(max_length=1000)]], shown: FromQuery[int] = 0,
    ) -> Response[Any]:  # fmt: skip
        return await view.read(lambda tx: _more(tx, view, kind, address, key, after, shown))

    async def told(view: ViewDep, address: AddressDep) -> Response[Any]:
        return await view.read(lambda tx: _figures(tx, view, kind, address))

    async def patch(
        view: ViewDep, address: AddressDep, ids: FromQuery[Annotated[str, Meta(pattern=NUMBERS)]]
    ) -> Response[Any]:
        wanted = list(dict.fromkeys(numbers(ids)))
        if len(wanted) > MOST_PATCHED:
            raise BadRequest("So many cards are not patched: load the board again")
        return await view.read(lambda tx: patched(tx, view, kind, address, wanted))

    return [
        get(kind.path, **reads())(board),
        get(f"{kind.path}/columns/{{key:str}}", **reads("after", "shown"))(column),
        get(f"{kind.path}/figures", **reads())(told),
        get(f"{kind.path}/patch", **reads("ids"))(patch),
    ]


def reads(*beside: str) -> dict[str, Any]:
    """What every route of a board is declared with."""
    return {"dependencies": {"address": provided(*beside)}, "include_in_schema": False}


async def _shown(tx: Unit, view: View, kind: Kind, address: Address) -> Response[Any]:
    """The whole page, or all of it that filters change."""
    seq = await feed.horizon(tx)
    found = await queries.board(tx, view.viewer, kind.name, address.filters, address.rows)
    values: dict[str, Any] = {
        "fresh": view.is_fragment, "spans": SPANS, "kind": kind, "address": address,
        "board": found, "seq": seq, "sources": SOURCES,
    }  # fmt: skip
    if view.is_fragment:
        return view.fragment("board/_view.html", **values)
    return view.page("board/board.html", **values)


async def _more(
    tx: Unit, view: View, kind: Kind, address: Address, key: str, after: str, shown: int
) -> Response[Any]:
    page = await queries.column(tx, view.viewer, kind.name, address.filters, key, after)
    return view.fragment(
        "board/_cards.html", kind=kind, address=address, lane=page.lane, cards=page.cards,
        next_cursor=page.next_cursor, shown=shown + len(page.cards),
    )  # fmt: skip


async def _figures(tx: Unit, view: View, kind: Kind, address: Address) -> Response[Any]:
    home = await queries.home(tx, view.viewer, kind.name, address.filters)
    found = await figures(tx, view.viewer, home, address.filters)
    return view.fragment("board/_figures.html", kind=kind, address=address, figures=found)


async def patched(
    tx: Unit, view: View, kind: Kind, address: Address, ids: list[int]
) -> Response[Any]:
    """Some cards where they stand now, with the heads of all columns."""
    found = await queries.patch(tx, view.viewer, kind.name, address.filters, ids)
    return view.fragment("board/_patch.html", kind=kind, address=address, patch=found)
