"""The ETag that reading a record would give now: told to whoever tried to write an older one."""

import inspect
from typing import Any, get_args, get_origin

from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler

from backend.errors import DomainError
from backend.routes import tags

BY_EXTERNAL_ID = "/by-external-id/"


async def tag(call: Any) -> str | None:
    """The tag of the record that a call is about; None where the caller cannot read it."""
    request = call.request
    readers = _readers(request.app)
    template: str = request.scope["path_template"]
    many, named, _ = template.partition(BY_EXTERNAL_ID)
    try:
        if named:
            return await _listed(call, readers[many])
        while template and not _reads_one(readers.get(template)):
            template = template.rpartition("/")[0]
        shown = await _asked(readers[template], call=call, **request.path_params)
        return str(shown.headers["ETag"])
    except (DomainError, KeyError):
        return None


def _readers(app: Litestar) -> dict[str, HTTPRouteHandler]:
    """The handlers of GET by the paths they answer at."""
    found = {
        route.path_format: handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if "GET" in handler.http_methods
    }
    readers: dict[str, HTTPRouteHandler] = app.state.setdefault("readers", found)
    return readers


def _reads_one(handler: HTTPRouteHandler | None) -> bool:
    shown = None if handler is None else handler.fn.__annotations__.get("return")
    return get_origin(shown) is Response and get_args(shown)[0] is not bytes


async def _asked(handler: HTTPRouteHandler, **given: Any) -> Any:
    wanted = inspect.signature(handler.fn).parameters
    return await handler.fn(**{name: value for name, value in given.items() if name in wanted})


async def _listed(call: Any, handler: HTTPRouteHandler) -> str | None:
    """The tag of the only record of a list that has the external_id of the address."""
    name = call.request.path_params["external_id"].lstrip("/")
    page = await _asked(handler, call=call, filters=handler.opt["query"](external_id=name))
    return tags.etag(page.items[0]) if page.items else None
