"""Strict reading of what a caller sends: JSON bodies and query parameters."""

import json
import re
from collections import Counter
from collections.abc import Generator
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar._openapi.schema_generation import SchemaCreator
from litestar.di import NamedDependency, Provide
from litestar.dto import AbstractDTO, DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from backend.errors import BadRequest, UnsupportedMedia, pointed
from backend.reading import converted, decoded, demand_plain, step

T = TypeVar("T")
DEEPEST = 32
# A text that is not closed is taken to its end, or every quote in it would be tried anew.
TEXT_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]')
JSON = "application/json"


class StrictBody(AbstractDTO[Any]):
    """Reads a body as exactly the annotated struct: no unknown or repeated key, no guessing."""

    _types: dict[str, Any] = {}  # noqa: RUF012 - filled once per handler at start

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        cls._types[handler_id] = field_definition.annotation

    def decode_bytes(self, value: bytes) -> Any:
        _demand_json(self.asgi_connection.headers.get("content-type", JSON))
        return decode(value, self._types[self.asgi_connection.route_handler.handler_id])

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: SchemaCreator
    ) -> Reference | Schema:
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(
        cls, model_type: type[Any]
    ) -> Generator[DTOFieldDefinition, None, None]:
        raise NotImplementedError

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        raise NotImplementedError


def _demand_json(header: str) -> None:
    """UnsupportedMedia for a body that says it is something else; `…+json` is JSON too."""
    media, _, options = header.lower().replace(" ", "").partition(";")
    known = media == JSON or (media.startswith("application/") and media.endswith("+json"))
    if not known or options not in ("", "charset=utf-8"):
        raise UnsupportedMedia(f"Send the body as JSON, with Content-Type: {JSON}")


def decode(value: bytes, kind: Any) -> Any:
    """A JSON body as a struct; BadRequest with a pointer to what is wrong."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8") from None
    _demand_shallow(text)
    try:
        plain = _once_each(text)
        found = decoded(value, kind)
    except (ValueError, msgspec.DecodeError, RecursionError):
        raise BadRequest("The body is not JSON") from None
    demand_plain(plain, kind)
    return found


def _demand_shallow(text: str) -> None:
    if "\\u0000" in text or "\0" in text:
        raise BadRequest("A text must not contain the character NUL")
    depth = 0
    for bracket in TEXT_OR_BRACKET.findall(text):
        if bracket in "[{":
            depth += 1
        elif bracket in "]}":
            depth -= 1
        if depth > DEEPEST:
            raise BadRequest(f"The body is nested deeper than {DEEPEST} levels")


def _once_each(text: str) -> Any:
    """The body as plain values; BadRequest with a pointer to a key that is given twice."""
    # What is gathered last lies outermost: nothing that was overwritten holds it.
    last: tuple[dict[str, Any], list[tuple[str, Any]]] | None = None

    def gather(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal last
        found = dict(pairs)
        if len(found) != len(pairs):
            last = found, pairs
        return found

    plain = json.loads(text, object_pairs_hook=gather, parse_constant=_constant)
    if last is not None:
        place, pairs = last
        key = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise pointed(f"“{key}” is given twice", f"{_path(plain, place)}/{step(key)}")
    return plain


def _path(tree: Any, wanted: dict[str, Any]) -> str | None:
    """The pointer to a part of a body; None where it is not in it."""
    if tree is wanted:
        return ""
    inside: Any = ()
    if isinstance(tree, dict):
        inside = tree.items()
    elif isinstance(tree, list):
        inside = enumerate(tree)
    for name, inner in inside:
        below = _path(inner, wanted)
        if below is not None:
            return f"/{step(str(name))}{below}"
    return None


def _constant(name: str) -> Any:
    raise BadRequest(f"{name} is not a number that JSON knows")


def read_query(request: Request[Any, Any, Any], kind: type[T]) -> T:
    """The query parameters as a struct; BadRequest for unknown, repeated or wrong ones."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise BadRequest(f"The parameter “{name}” is given twice")
        given[name] = value
    return converted(given, kind)


def query_of(kind: type[Any]) -> Provide:
    """A dependency that reads the query parameters as a struct.

    It waits for the call: dependencies that are free of each other cost a group of tasks.
    """

    async def provide(request: Request[Any, Any, Any], call: NamedDependency[Any]) -> Any:
        return read_query(request, kind)

    return Provide(provide)
