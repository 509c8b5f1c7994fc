"""One call of a page: who looks, the two ways to the database, the form that was sent."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from msgspec import UNSET

from backend.db.session import Unit, rehearsed, unit
from backend.domain.access import Viewer, in_own_language
from backend.errors import BadRequest, DomainError
from backend.reading import converted
from backend.resources import Resources
from backend.routes.web import pages, words
from backend.routes.web.browser import CSRF_FIELD
from backend.routes.web.fields import bare
from backend.routes.web.words import translations

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
Work = Callable[[Unit], Awaitable[T]]


class View:
    """The viewer, told of everything in his own language, and what a handler does for him."""

    def __init__(
        self, request: Request[Any, Any, Any], viewer: Viewer, resources: Resources
    ) -> None:
        self.request = request
        self.viewer = viewer
        self.resources = resources
        told = translations(pages.locale_of(request))
        # Named as the extraction of texts looks for them.
        self.gettext, self.ngettext = told.gettext, told.ngettext
        self.pgettext, self.npgettext = told.pgettext, told.npgettext

    def refusal(self, error: DomainError) -> str:
        """What a rule says, in the language of the page."""
        return words.refusal(error.message, pages.locale_of(self.request))

    async def read(self, work: Work[T]) -> T:
        """Run a reading piece of work."""
        async with self.resources.database.read() as conn:
            return await work(Unit(conn, self.resources.now()))

    async def change(self, work: Work[T]) -> T:
        """Run a piece of work in one transaction.

        Work that gives the answer itself renders it inside: what cannot be shown is not written.
        """
        shared = self.resources
        return await unit(shared.database, shared.now, work, shared.deliver)

    async def rehearse(self, work: Work[T]) -> T:
        """Run a piece of work and take it back: what it would have given."""
        return await rehearsed(self.resources.database, self.resources.now, work)

    async def form(self, kind: type[S]) -> S:
        """What was sent, as a struct; BadRequest for unknown, repeated or wrong fields.

        An empty field is None where the struct knows None, and else as good as not sent where it
        may be left out. A list takes every field of its name. A file is its name and its content.
        """
        sent = await self.request.form()
        fields = {one.encode_name: one for one in msgspec.structs.fields(kind)}
        given: dict[str, Any] = {}
        for name in dict.fromkeys(sent):
            values = [await _sent(value) for value in sent.getall(name)]
            if name != CSRF_FIELD:
                given[name] = _value(name, values, fields.get(name))
        told = {name: value for name, value in given.items() if value is not UNSET}
        return converted(told, kind)

    def page(self, template: str, status: int = 200, **values: Any) -> Response[bytes]:
        return pages.page(self.request, template, status, **values)

    def fragment(self, template: str, status: int = 200, **values: Any) -> Response[bytes]:
        return pages.fragment(self.request, template, status, **values)

    def to(self, path: str, told: str = "") -> Response[Any]:
        return pages.to(self.request, path, told)

    @property
    def is_fragment(self) -> bool:
        return pages.is_fragment(self.request)


async def _sent(value: Any) -> Any:
    """A field as it was typed; of a file what the struct of one has."""
    if isinstance(value, UploadFile):
        content = await value.read()
        await value.close()
        return {"name": value.filename, "content": content}
    return str(value)


def _value(name: str, values: list[Any], field: msgspec.structs.FieldInfo | None) -> Any:
    if field is None:
        return values[0]  # the struct refuses its name
    kinds = _kinds(field.type)
    if list in kinds:
        return [value for value in values if value]
    if len(values) > 1:
        raise BadRequest(f"The field “{name}” is given twice")
    if values[0] == "" and str not in kinds - {type(None)}:
        return None if type(None) in kinds else UNSET
    if values[0] == "" and type(None) in kinds:
        return None
    return bare(values[0]) if Decimal in kinds else values[0]


def _kinds(annotation: Any) -> set[Any]:
    """The plain types that an annotation allows."""
    origin = get_origin(annotation)
    if origin is list:
        return {list}
    if origin is None:
        return {annotation}
    parts = get_args(annotation)
    parts = parts[:1] if hasattr(annotation, "__metadata__") else parts
    return {kind for part in parts for kind in _kinds(part)}


async def provide_view(request: Request[Any, Any, Any]) -> View:
    return View(request, in_own_language(request.state.viewer), request.app.state.resources)


ViewDep = NamedDependency[View]
DEPENDENCIES = {"view": Provide(provide_view)}
