"""A card as a page and as a drawer over its board: what it shows, its fields edited in place."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.access import in_own_language
from backend.domain.cards import queries as card_queries
from backend.domain.moves import edits
from backend.domain.sheets import queries
from backend.domain.sheets.schemas import Sheet
from backend.domain.timeline.moments import queries as moments
from backend.domain.timeline.moments.queries import About
from backend.domain.timeline.schemas import Only
from backend.errors import DomainError, NotFound, Stale
from backend.routes.web import composing, fields, handing, pages
from backend.routes.web.boards import Kind
from backend.routes.web.view import View, ViewDep

IN_PLACE = (400, 409, 422)  # refusals of a value that are told beside the field


class FieldForm(Struct, frozen=True, forbid_unknown_fields=True):
    """One field as it was typed, and the version of the card that was read."""

    version: int
    value: Annotated[str, Meta(max_length=10_000)] | None = None


def shown(view: View, kind: Kind, sheet: Sheet, **more: Any) -> Response[bytes]:
    """The card anew, put in the place of what is shown of it."""
    return view.fragment("cards/_card.html", **_values(kind, sheet), **more)


async def again(tx: Unit, view: View, kind: Kind, record_id: int, **more: Any) -> Response[bytes]:
    """The card as it is after what was just written."""
    sheet = await queries.sheet(tx, in_own_language(view.viewer), kind.name, record_id)
    return shown(view, kind, sheet, **more)


def _values(kind: Kind, sheet: Sheet) -> dict[str, Any]:
    return {
        "kind": kind, "sheet": sheet, "card": sheet.card, "labels": fields.LABELS,
        "fields": fields.FIELDS[kind.name], "title_field": fields.TITLE,
        "here": f"{kind.path}/{sheet.card.id}",
        "amount_field": fields.field_of(kind.name, fields.AMOUNT.name),
    }  # fmt: skip


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """What the page of a card of one kind can be asked."""
    return [*_reading(kind), *_editing(kind), *composing.routes(kind, again),
            *handing.routes(kind, again)]  # fmt: skip


def _reading(kind: Kind) -> list[HTTPRouteHandler]:
    async def one(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        async def work(tx: Unit) -> Response[Any]:
            viewer = in_own_language(view.viewer)
            sheet = await queries.sheet(tx, viewer, kind.name, record_id)
            if view.is_fragment:
                return view.fragment("cards/_drawer.html", **_values(kind, sheet))
            return view.page("cards/show.html", **_values(kind, sheet))

        return await view.read(work)

    async def refreshed(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        return await view.read(lambda tx: again(tx, view, kind, record_id))

    async def line(
        view: ViewDep, record_id: FromPath[int], only: FromQuery[Only | None] = None,
        before: FromQuery[datetime | None] = None,
    ) -> Response[Any]:  # fmt: skip
        async def work(tx: Unit) -> Response[Any]:
            viewer = in_own_language(view.viewer)
            if not await card_queries.exists_for(tx, viewer, kind.name, record_id):
                raise NotFound(f"There is no such {kind.name}")
            found = await moments.line_of(tx, viewer, About(card_id=record_id), only, before)
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
    async def asked(view: ViewDep, record_id: FromPath[int], name: FromPath[str]) -> Response[Any]:
        async def work(tx: Unit) -> Response[Any]:
            card = await queries.READERS[kind.name](tx, view.viewer, record_id)
            return _form(view, kind, card, _field(kind, name))

        return await view.read(work)

    async def written(
        view: ViewDep, record_id: FromPath[int], name: FromPath[str]
    ) -> Response[Any]:
        field, form = _field(kind, name), await view.form(FieldForm)

        async def work(tx: Unit) -> Response[Any]:
            given = fields.typed(view.viewer, kind.name, field, form.value)
            await edits.edit(tx, view.viewer, kind.name, record_id, given, form.version)
            return await again(tx, view, kind, record_id, focus=field.name)

        try:
            return await view.change(work)
        except Stale:
            return await view.read(lambda tx: overtaken(tx, view, kind, record_id))
        except DomainError as error:
            if error.status not in IN_PLACE:
                raise
            refusal = error
        card = await view.read(lambda tx: queries.READERS[kind.name](tx, view.viewer, record_id))
        return _form(view, kind, card, field, typed=form.value, refusal=view.refusal(refusal))

    here = f"{kind.path}/{{record_id:int}}/fields/{{name:str}}"
    return [
        get(here, include_in_schema=False)(asked),
        post(here, status_code=200, include_in_schema=False)(written),
    ]


def _field(kind: Kind, name: str) -> fields.Field:
    found = fields.field_of(kind.name, name)
    if found is None:
        raise NotFound("There is no such field")
    return found


def _form(
    view: View, kind: Kind, card: Any, field: fields.Field, *, typed: str | None = None,
    refusal: str = "",
) -> Response[Any]:  # fmt: skip
    """The form of one field; with a refusal it comes back with what was typed."""
    answer = view.fragment(
        "cards/_field_form.html", 422 if refusal else 200, here=f"{kind.path}/{card.id}",
        card=card, field=field, typed=typed, refusal=refusal,
    )  # fmt: skip
    if refusal:
        answer.headers["HX-Retarget"] = f"#f-{field.name}"
        answer.headers["HX-Reswap"] = "outerHTML"
    return answer


async def overtaken(tx: Unit, view: View, kind: Kind, record_id: int) -> Response[Any]:
    """The card as somebody else has made it meanwhile, and who that was."""
    sheet = await queries.sheet(tx, in_own_language(view.viewer), kind.name, record_id)
    answer = shown(view, kind, sheet)
    answer.status_code = 412
    who = next((one.who for one in sheet.moments.items), "")
    told = view.gettext("%(number)s was changed just now: %(name)s. Nothing of yours was saved.")
    return pages.toast(answer, told % {"number": sheet.card.number, "name": who}, tone="bad")
