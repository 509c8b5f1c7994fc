"""A card as a page and as a drawer over its board: what it shows, its fields edited in place."""

from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards import queries as card_queries
from backend.domain.deals import rules
from backend.domain.moves.editing import edit
from backend.domain.moves.kinds import BEHAVIOURS
from backend.domain.sheets import queries
from backend.domain.sheets.schemas import Sheet
from backend.domain.timeline.moments import queries as moments
from backend.domain.timeline.moments.queries import About
from backend.domain.timeline.schemas import Only
from backend.errors import NotFound
from backend.routes.web import composing, editing, fields, handing, lines
from backend.routes.web.boards import Kind
from backend.routes.web.editing import Edited, lost
from backend.routes.web.view import View, ViewDep


def shown(view: View, kind: Kind, sheet: Sheet, **more: Any) -> Response[bytes]:
    """The card anew, put in the place of what is shown of it."""
    return view.fragment("cards/_card.html", **_values(kind, sheet), **more)


async def again(tx: Unit, view: View, kind: Kind, record_id: int, **more: Any) -> Response[bytes]:
    """The card as it is after what was just written."""
    sheet = await queries.sheet(tx, view.viewer, kind.name, record_id)
    return shown(view, kind, sheet, **more)


def _values(kind: Kind, sheet: Sheet) -> dict[str, Any]:
    return {
        "kind": kind, "sheet": sheet, "card": sheet.card, "labels": fields.LABELS,
        "fields": fields.FIELDS[kind.name], "title_field": fields.TITLE,
        "here": f"{kind.path}/{sheet.card.id}",
        "lines_total": _total(sheet.card) if kind.name == "deal" else None,
        "amount_field": fields.field_of(kind.name, fields.AMOUNT.name),
    }  # fmt: skip


def _total(deal: Any) -> str | None:
    return rules.total(((one.price, one.quantity) for one in deal.product_lines), deal.currency)


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """What the page of a card of one kind can be asked."""
    return [*_reading(kind), *_editing(kind), *composing.routes(kind, again),
            *handing.routes(kind, again), *lines.routes(kind, again, overtaken)]  # fmt: skip


def _reading(kind: Kind) -> list[HTTPRouteHandler]:
    async def one(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        async def work(tx: Unit) -> Response[Any]:
            sheet = await queries.sheet(tx, view.viewer, kind.name, record_id)
            if view.is_fragment:
                return view.fragment("cards/_drawer.html", **_values(kind, sheet))
            return view.page("cards/show.html", **_values(kind, sheet))

        return await view.read(work)

    async def refreshed(
        view: ViewDep, record_id: FromPath[int], focus: FromQuery[str] = ""
    ) -> Response[Any]:
        return await view.read(lambda tx: again(tx, view, kind, record_id, focus=focus))

    async def line(
        view: ViewDep, record_id: FromPath[int], only: FromQuery[Only | None] = None,
        before: FromQuery[datetime | None] = None,
    ) -> Response[Any]:  # fmt: skip
        async def work(tx: Unit) -> Response[Any]:
            if not await card_queries.exists_for(tx, view.viewer, kind.name, record_id):
                raise NotFound(f"There is no such {kind.name}")
            found = await moments.line_of(tx, view.viewer, About(card_id=record_id), only, before)
            return view.fragment(
                "cards/_moments.html", moments=found, only=only, can_undo=False,
                here=f"{kind.path}/{record_id}", whole=before is None, labels=fields.LABELS,
            )  # fmt: skip

        return await view.read(work)

    here = f"{kind.path}/{{record_id:int}}"
    return [
        get(here, include_in_schema=False)(one),
        get(f"{here}/sheet", include_in_schema=False)(refreshed),
        get(f"{here}/line", include_in_schema=False)(line),
    ]


def _editing(kind: Kind) -> list[HTTPRouteHandler]:
    async def write(tx: Unit, viewer: Viewer, record_id: int, given: Any, version: int) -> None:
        await edit(tx, viewer, kind.name, record_id, given, version)

    struct, read = BEHAVIOURS[kind.name].kind.fields, queries.READERS[kind.name]
    return editing.routes(Edited(kind, struct, read, write, again, overtaken))


async def overtaken(tx: Unit, view: View, kind: Kind, record_id: int) -> Response[Any]:
    """The card as somebody else has made it meanwhile, and who that was."""
    sheet = await queries.sheet(tx, view.viewer, kind.name, record_id)
    who = next((one.who for one in sheet.moments.items), "")
    return lost(view, shown(view, kind, sheet), sheet.card.number, who)
