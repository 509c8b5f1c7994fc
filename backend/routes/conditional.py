"""Lists and reports have ETags too: whoever has the same answer already is not sent it again."""

from typing import Any, cast

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from backend.routes import tags
from backend.routes.files import BINARY

TAGGED = (b"application/json", BINARY.encode())
EMPTY: dict[str, Any] = {"type": "http.response.body", "body": b"", "more_body": False}


def tagged(app: ASGIApp) -> ASGIApp:
    """Wrap an application so that answers to GETs, JSON and files, have ETags; 304 is answered."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "GET":
            await app(scope, receive, send)
            return
        started: list[dict[str, Any]] = []
        known = Headers.from_scope(scope).get("if-none-match")

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and _untagged(message):
                started.append(cast(dict[str, Any], message))
            elif not started:
                await send(message)
            else:
                for one in _answer(started.pop(), cast(dict[str, Any], message), known):
                    await send(cast(Message, one))

        await app(scope, receive, told)

    return wrapped


def _untagged(message: Message) -> bool:
    """Whether an answer is whole, JSON or a file, and has no tag of its own."""
    headers = dict(cast(dict[str, Any], message)["headers"])
    is_tagged = headers.get(b"content-type", b"").startswith(TAGGED)
    return cast(dict[str, Any], message)["status"] == 200 and is_tagged and b"etag" not in headers


def _answer(
    start: dict[str, Any], body: dict[str, Any], known: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    if body.get("more_body"):
        return start, body
    tag = tags.of_body(body["body"])
    kept = [*start["headers"], (b"etag", tag.encode())]
    if not tags.known(known, tag):
        return {**start, "headers": kept}, body
    bare = [pair for pair in kept if pair[0] not in (b"content-type", b"content-length")]
    return {**start, "status": 304, "headers": bare}, EMPTY
