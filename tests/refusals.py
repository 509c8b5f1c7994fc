"""What every refusal looks like, whatever test has provoked it."""

import re
from urllib.parse import unquote_plus

import httpx

MEMBERS = {"type", "title", "status", "detail", "instance"}
# What tells how the product is built: a traceback, a statement, a path.
INSIDE = re.compile(
    r'Traceback|File \\?"|\[SQL|SELECT .+ FROM|INSERT INTO|UPDATE .+ SET|sqlalchemy|asyncpg|sqlite3'
    r"|site-packages|/backend/|\.py\b"
)


async def demand_problem(reply: httpx.Response) -> None:
    """Every 4xx and 5xx is a whole problem+json, and tells nothing of the inside."""
    if reply.status_code < 400:
        return
    body = await reply.aread()
    assert reply.headers["content-type"] == "application/problem+json", reply.text
    problem = reply.json()
    assert problem.keys() >= MEMBERS, reply.text
    assert problem["type"].startswith("/problems/"), reply.text
    assert problem["title"], reply.text
    assert problem["detail"], reply.text
    assert problem["status"] == reply.status_code
    assert problem["instance"] == reply.headers["x-request-id"]
    found = INSIDE.search(body.decode())
    if found is not None:
        told = unquote_plus(str(reply.request.url)) + _sent(reply.request)
        assert found.group() in told, f"this is told of the inside: {found.group()}"


def _sent(request: httpx.Request) -> str:
    """What the caller has written himself, and may be told again."""
    try:
        return request.content.decode(errors="replace")
    except httpx.RequestNotRead:
        return ""
