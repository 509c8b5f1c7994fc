"""Calls straight into the application: a matrix of thousands has no time for more."""

from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec
from litestar.types import ASGIApp

BESIDE = ("/health", "/metrics", "/api/docs")


class Reply(NamedTuple):
    """A status, a body, and headers by their names in small letters."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body) if self.body[:1] == b"{" else None


async def call(
    app: ASGIApp,
    method: str,
    path: str,
    token: str | None = None,
    body: Any = None,
    headers: dict[str, str] | None = None,
    base: str = "/api/v1",
) -> Reply:
    """One request to `/api/v1`, or to what stands beside it; a body of bytes goes as it is."""
    content = (
        b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
    )
    sent = {"content-type": "application/json"} if body is not None else {}
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    sent["content-length"] = str(len(content))
    sent |= headers or {}
    where = path if path.startswith(BESIDE) else f"{base}{path}"
    status, parts, told = 0, [], {}

    async def receive() -> Any:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status, told
        if message["type"] == "http.response.start":
            status = message["status"]
            told = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            parts.append(message.get("body", b""))

    await app(_scope(method, where, sent), receive, send)
    return Reply(status, b"".join(parts), told)


def _scope(method: str, address: str, headers: dict[str, str]) -> Any:
    where, _, query = address.partition("?")
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": unquote(where), "raw_path": where.encode(), "root_path": "",
        "query_string": query.encode(), "server": ("voronka.test", 80), "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "extensions": {}, "state": {},
    }  # fmt: skip
