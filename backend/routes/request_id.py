"""Every request has an id: the caller's own if it is a plain one, else a new one."""

import re
import uuid

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

GOOD = re.compile(rb"[A-Za-z0-9._-]{1,128}")


def with_request_id(app: ASGIApp) -> ASGIApp:
    """Wrap an application so that `X-Request-Id` is known inside and told outside."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        request_id = given if GOOD.fullmatch(given) else uuid.uuid4().hex.encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        await app(scope, receive, told)

    return wrapped
