"""Fields of a record that are edited where they stand: the form of one, and what is sent by it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.errors import DomainError, NotFound, Stale
from backend.routes.web import fields, pages
from backend.routes.web.view import View, ViewDep

IN_PLACE = (400, 409, 422)  # refusals of a value that are told beside the field


class FieldForm(Struct, frozen=True, forbid_unknown_fields=True):
    """One field as it was typed, and the version of the record that was read."""

    version: int
    value: Annotated[str, Meta(max_length=10_000)] | None = None


class Edited(NamedTuple):
    """A kind of records that are edited so: how one is read, written, and shown anew.

    `struct` is what its fields are written with, `overtaken` answers who was not the first.
    """

    kind: Any
    struct: type[Struct]
    read: Callable[[Unit, Viewer, int], Awaitable[Any]]
    write: Callable[[Unit, Viewer, int, Any, int], Awaitable[Any]]
    again: Callable[..., Awaitable[Response[bytes]]]
    overtaken: Callable[[Unit, View, Any, int], Awaitable[Response[Any]]]

    def field(self, name: str) -> fields.Field:
        """One of its fields; NotFound."""
        found = fields.field_of(self.kind.name, name)
        if found is None:
            raise NotFound("There is no such field")
        return found


def routes(one: Edited) -> list[HTTPRouteHandler]:
    """The form of a field, and writing it."""

    async def asked(view: ViewDep, record_id: FromPath[int], name: FromPath[str]) -> Response[Any]:
        field = one.field(name)
        record = await view.read(lambda tx: one.read(tx, view.viewer, record_id))
        return _form(view, one, record, field)

    async def written(
        view: ViewDep, record_id: FromPath[int], name: FromPath[str]
    ) -> Response[Any]:
        field, form = one.field(name), await view.form(FieldForm)

        async def work(tx: Unit) -> Response[Any]:
            given = fields.typed(view.viewer, one.struct, field, form.value)
            await one.write(tx, view.viewer, record_id, given, form.version)
            return await one.again(tx, view, one.kind, record_id, focus=field.name)

        try:
            return await view.change(work)
        except Stale:
            return await view.read(lambda tx: one.overtaken(tx, view, one.kind, record_id))
        except DomainError as error:
            if error.status not in IN_PLACE:
                raise
            refusal = error
        record = await view.read(lambda tx: one.read(tx, view.viewer, record_id))
        return _form(view, one, record, field, typed=form.value, refusal=view.refusal(refusal))

    here = f"{one.kind.path}/{{record_id:int}}/fields/{{name:str}}"
    return [
        get(here, include_in_schema=False)(asked),
        post(here, status_code=200, include_in_schema=False)(written),
    ]


def _form(
    view: View, one: Edited, record: Any, field: fields.Field, *, typed: str | None = None,
    refusal: str = "",
) -> Response[Any]:  # fmt: skip
    """The form of one field; with a refusal it comes back with what was typed."""
    answer = view.fragment(
        "cards/_field_form.html", 422 if refusal else 200, here=f"{one.kind.path}/{record.id}",
        card=record, field=field, typed=typed, refusal=refusal,
    )  # fmt: skip
    if refusal:
        answer.headers["HX-Retarget"] = f"#f-{field.name}"
        answer.headers["HX-Reswap"] = "outerHTML"
    return answer


def lost(view: View, answer: Response[Any], what: str, who: str) -> Response[Any]:
    """The record as somebody else has made it meanwhile, and who that was."""
    answer.status_code = 412
    told = view.gettext("%(number)s was changed just now: %(name)s. Nothing of yours was saved.")
    return pages.toast(answer, told % {"number": what, "name": who}, tone="bad")
