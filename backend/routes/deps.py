"""What handlers are given: the call, the version the caller has read, path and query values."""

from typing import Annotated, Any, TypeVar

from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.domain.access import Viewer
from backend.routes import call as calls
from backend.routes.call import Call

T = TypeVar("T")

CallDep = NamedDependency[Call]
IfMatch = NamedDependency[int | None]
Query = Annotated[T, *NamedDependency[Any].__metadata__]
Path = FromPath[int]


async def provide_call(request: Request[Any, Any, Any]) -> Call:
    viewer: Viewer = request.state.viewer
    return Call(request, viewer, request.app.state.resources)


async def provide_if_match(request: Request[Any, Any, Any]) -> int | None:
    return calls.if_match(request)


DEPENDENCIES = {"call": Provide(provide_call), "if_match": Provide(provide_if_match)}

__all__ = ["DEPENDENCIES", "CallDep", "IfMatch", "JSONBody", "Path", "Query"]
