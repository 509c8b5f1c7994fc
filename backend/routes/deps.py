"""What handlers are given: the call, the version the caller has read, path and query values."""

from typing import Annotated, Any, TypeVar
from urllib.parse import quote, unquote

from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.domain.access import Viewer
from backend.errors import BadRequest
from backend.reading import IN_A_LINE
from backend.routes import tags
from backend.routes.call import Call
from backend.routes.current import BY_EXTERNAL_ID

T = TypeVar("T")

CallDep = NamedDependency[Call]
IfMatch = NamedDependency[int | None]
Query = Annotated[T, *NamedDependency[Any].__metadata__]
Path = FromPath[int]
# The end of a path `…/by-external-id/{external_id:path}`, as the caller wrote it.
ExternalId = NamedDependency[str]


async def provide_call(request: Request[Any, Any, Any]) -> Call:
    viewer: Viewer = request.state.viewer
    return Call(request, viewer, request.app.state.resources)


async def provide_if_match(request: Request[Any, Any, Any], call: CallDep) -> int | None:
    """After the call: what does not depend on each other is provided by a group of tasks."""
    return tags.if_match(request)


async def provide_external(request: Request[Any, Any, Any], call: CallDep) -> str:
    """The name another system gave: any text, slashes too, which the router would fold."""
    raw: bytes = request.scope.get("raw_path") or quote(request.url.path).encode()
    try:
        name = unquote(raw.decode().partition(BY_EXTERNAL_ID)[2], errors="strict")
    except UnicodeError:
        raise BadRequest("An external_id in the address is percent-encoded UTF-8") from None
    if not 0 < len(name) <= 128 or IN_A_LINE.search(name):
        raise BadRequest("An external_id has 1 to 128 characters, none of them a control character")
    return name


DEPENDENCIES = {
    "call": Provide(provide_call),
    "if_match": Provide(provide_if_match),
    "external": Provide(provide_external),
}

__all__ = [
    "BY_EXTERNAL_ID",
    "DEPENDENCIES",
    "CallDep",
    "ExternalId",
    "IfMatch",
    "JSONBody",
    "Path",
    "Query",
]
