"""The lines of a deal or an offer: a dialog adds one, changes it or takes it out.

A line is known by its place, the first being 1; the place behind the last one is that of a new
line. All lines are written together, under the version of the card: nobody's line is lost.
"""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct, structs

from backend.db.session import Unit
from backend.domain import access
from backend.domain.cards.schemas import Id
from backend.domain.catalog import queries as catalog
from backend.domain.catalog.schemas import ProductFilters
from backend.domain.deals.schemas import DealFields, ProductLineFields
from backend.domain.moves import editing
from backend.domain.offers.schemas import OfferFields, OfferLineFields
from backend.domain.sheets import queries
from backend.errors import NotFound, Stale
from backend.reading import converted
from backend.routes.web import fields
from backend.routes.web.handing import done
from backend.routes.web.view import View, ViewDep

OFFERED = 20  # products at once


class Lines(NamedTuple):
    """Where a kind of cards keeps its lines, and what one of them and the card are written with."""

    name: str
    struct: type[Struct]
    card: type[Struct]


LINES = {
    "offer": Lines("lines", OfferLineFields, OfferFields),
    "deal": Lines("product_lines", ProductLineFields, DealFields),
}


NUMBERS = ("quantity", "price", "discount_percent")


class LineForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A line as it was typed; what is left empty is taken from the product."""

    version: int
    product_id: Id | None = None
    description: str | None = None
    quantity: str | None = None
    unit: str | None = None
    price: str | None = None
    discount_percent: str | None = None
    remove: bool = False


def routes(kind: Any, again: Any, overtaken: Any) -> list[HTTPRouteHandler]:
    """The dialog of a line, the products to choose from in it, and what is sent by it."""
    lines = LINES.get(kind.name)
    if lines is None:
        return []

    async def asked(
        view: ViewDep, record_id: FromPath[int], place: FromPath[int],
        q: FromQuery[Annotated[str, Meta(max_length=200)] | None] = None,
    ) -> Response[Any]:  # fmt: skip
        return await view.read(lambda tx: _asked(tx, view, kind, record_id, place, q))

    async def written(
        view: ViewDep, record_id: FromPath[int], place: FromPath[int]
    ) -> Response[Any]:
        form = await view.form(LineForm)

        async def work(tx: Unit) -> Response[Any]:
            card = await queries.READERS[kind.name](tx, view.viewer, record_id)
            given = _with(lines, getattr(card, lines.name), place, form)
            await editing.edit(tx, view.viewer, kind.name, record_id, given, form.version)
            return done(await again(tx, view, kind, record_id))

        try:
            return await view.change(work)
        except Stale:
            return done(await view.read(lambda tx: overtaken(tx, view, kind, record_id)))

    here = f"{kind.path}/{{record_id:int}}/lines/{{place:int}}"
    return [
        get(here, include_in_schema=False)(asked),
        post(here, status_code=200, include_in_schema=False)(written),
    ]


async def _asked(
    tx: Unit, view: View, kind: Any, record_id: int, place: int, q: str | None
) -> Response[Any]:
    card = await queries.READERS[kind.name](tx, view.viewer, record_id)
    access.demand_edit(view.viewer, card.owner_id, kind.name)
    there = getattr(card, LINES[kind.name].name)
    line = there[place - 1] if place <= len(there) else None
    products: Sequence[Any] = ()
    if line is None:
        wanted = ProductFilters(q=q or None, archived=False, sort="name", limit=OFFERED)
        products = (await catalog.page(tx, wanted)).items
    return view.fragment(
        "cards/_line.html" if q is None else "cards/_products.html", card=card, line=line,
        products=products, here=f"{kind.path}/{record_id}/lines/{place}",
    )  # fmt: skip


def _with(lines: Lines, there: Sequence[Any], place: int, form: LineForm) -> Any:
    """All lines of the card with this one in its place, or without it."""
    kept = [_plain(lines, one) for one in there]
    if place > len(kept) + 1:
        raise NotFound("There is no such line")
    here = slice(place - 1, place)
    before = kept[here] or [{}]  # what the dialog does not ask for stays
    kept[here] = [] if form.remove else [{**before[0], **_typed(lines, form)}]
    return converted({lines.name: kept}, lines.card)


def _plain(lines: Lines, line: Any) -> dict[str, Any]:
    """A line that is there, as it would be written anew."""
    known = {one.name for one in structs.fields(lines.struct)}
    told: dict[str, Any] = msgspec.to_builtins(line)
    return {name: value for name, value in told.items() if name in known}


def _typed(lines: Lines, form: LineForm) -> dict[str, Any]:
    known = {one.name for one in structs.fields(lines.struct)}
    told = structs.asdict(form)
    for name in NUMBERS:
        told[name] = told[name] and fields.bare(told[name])
    return {name: value for name, value in told.items() if name in known and value is not None}
