"""HEAD is answered wherever GET is; OPTIONS, and who asks in vain, is told all methods."""

from collections.abc import Iterable

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPDisconnectEvent,
    HTTPResponseBodyEvent,
    Message,
    Receive,
    ReceiveMessage,
    Scope,
    Send,
)

NOTHING: HTTPResponseBodyEvent = {"type": "http.response.body", "body": b"", "more_body": False}
GONE: HTTPDisconnectEvent = {"type": "http.disconnect"}


def answering_head(app: ASGIApp) -> ASGIApp:
    """Wrap an application so that HEAD is answered as GET is, without the body."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return
        told = False

        async def head_alone(message: Message) -> None:
            nonlocal told
            if message["type"] == "http.response.start":
                await send(message)
                await send(NOTHING)
                told = True

        async def left() -> ReceiveMessage:  # a stream would go on telling
            return GONE if told else await receive()

        await app({**scope, "method": "GET"}, left, head_alone)

    return wrapped


def telling_methods(app: ASGIApp) -> ASGIApp:
    """Wrap an application so that OPTIONS is answered with each method that the address has.

    The framework's own answer knows the first one alone.
    """

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "OPTIONS":
            await app(scope, receive, send)
            return
        allowed = _methods(scope["litestar_app"])[scope["path_template"]]
        headers = [(b"allow", allowed.encode())]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send(NOTHING)

    return wrapped


def allow(names: Iterable[str]) -> str:
    """Methods as `Allow` lists them."""
    known = set(names)
    return ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))


def _methods(app: Litestar) -> dict[str, str]:
    """The methods of every address, by the template of its path."""
    if "methods" not in app.state:
        found: dict[str, set[str]] = {}
        for route in app.routes:
            found.setdefault(route.path_format, set()).update(getattr(route, "methods", ()))
        app.state["methods"] = {path: allow(names) for path, names in found.items()}
    told: dict[str, str] = app.state["methods"]
    return told
