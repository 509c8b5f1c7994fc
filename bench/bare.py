"""The same SQL work without the product: a Litestar app over the raw driver, nobody is asked."""

import asyncio
import re
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import msgspec
import uvicorn
from litestar import Litestar, Request, Response, get, post

from backend.domain.cards import rules
from bench import data, statements

Row = dict[str, Any]


class Postgres:
    """asyncpg and nothing else."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def open(self) -> None:
        directory, name = self._url.split("|")
        self._pool = await asyncpg.create_pool(
            host=directory, user="postgres", database=name, min_size=8, max_size=8
        )

    @asynccontextmanager
    async def read(self) -> Any:
        async with self._pool.acquire() as connection:
            yield _on(connection)

    @asynccontextmanager
    async def write(self) -> Any:
        async with self._pool.acquire() as connection, connection.transaction():
            yield _on(connection)

    def now(self) -> Any:
        return datetime.now(UTC)


def _on(connection: Any) -> Callable[..., Any]:
    async def run(statement: str, values: Row) -> list[Row]:
        numbered, names = _numbered(statement)
        return [dict(row) for row in await connection.fetch(numbered, *(values[n] for n in names))]

    return run


_KNOWN: dict[str, tuple[str, list[str]]] = {}


def _numbered(statement: str) -> tuple[str, list[str]]:
    """`:name` as `$1`, as the driver wants it."""
    if statement not in _KNOWN:
        names = list(dict.fromkeys(re.findall(r"(?<!:):(\w+)", statement)))
        numbered = re.sub(
            r"(?<!:):(\w+)", lambda found: f"${names.index(found.group(1)) + 1}", statement
        )
        _KNOWN[statement] = numbered, names
    return _KNOWN[statement]


class Sqlite:
    """sqlite3 on the loop itself, one transaction at a time."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def open(self) -> None:
        self._connection = sqlite3.connect(self._url, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("busy_timeout=10000", "foreign_keys=ON", "synchronous=FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> Any:
        yield self._run

    @asynccontextmanager
    async def write(self) -> Any:
        async with self._turn:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._run
            self._connection.execute("COMMIT")

    async def _run(self, statement: str, values: Row) -> list[Row]:
        return [dict(row) for row in self._connection.execute(statement, values).fetchall()]

    def now(self) -> Any:
        return datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


@get("/deals")
async def listed(request: Request[Any, Any, Any], stage: str, owner_id: int) -> Response[bytes]:
    values = {"stage": data.STAGES[stage].id, "owner": owner_id}
    async with request.app.state.base.read() as run:
        rows = await run(statements.LIST, values)
    return _json({"items": rows[:50]})


@post("/deals")
async def created(request: Request[Any, Any, Any]) -> Response[bytes]:
    given = msgspec.json.decode(await request.body())
    base = request.app.state.base
    values = {
        "title": given["title"], "client": given["client_id"], "owner": data.ADMIN,
        "stage": data.STAGES["s1"].id, "amount": int(given["amount"].replace(".", "")),
        "close": date(2027, 3, 1) if isinstance(base, Postgres) else "2027-03-01",
        "now": base.now(),
    }  # fmt: skip
    async with base.write() as run:
        (last,) = await run(statements.LAST, values)
        values["position"] = rules.key_between(last["position"], None, time.time_ns())
        (card,) = await run(statements.ADD_CARD, values)
        values["id"] = card["id"]
        for statement in statements.ADD_REST:
            await run(statement, values)
    return _json(card, 201)


@post("/deals/{number:int}/move")
async def moved(request: Request[Any, Any, Any], number: int) -> Response[bytes]:
    target = data.STAGES[msgspec.json.decode(await request.body())["stage"]]
    version, base = int(request.headers["if-match"].strip('"')), request.app.state.base
    async with base.write() as run:
        (card,) = await run(statements.LOCK[isinstance(base, Postgres)], {"id": number})
        if card["version"] != version:
            return _json({}, 412)
        (last,) = await run(statements.LAST, {"stage": target.id})
        values = {
            "id": number, "version": version, "stage": target.id, "origin": card["stage_id"],
            "position": rules.key_between(last["position"], None, number), "now": base.now(),
            "seq": card["last_seq"] + 1, "amount": card["amount"], "entered": card["entered_at"],
            "owner": data.ADMIN,
        }  # fmt: skip
        for statement in statements.MOVE[isinstance(base, Postgres)]:
            await run(statement, values)
    return _json({**card, "stage_id": target.id, "version": version + 1})


def _json(content: Any, status: int = 200) -> Response[bytes]:
    body = msgspec.json.encode(content)
    return Response(body, status_code=status, media_type="application/json")


def main() -> None:
    """`python -m bench.bare DESCRIPTOR DIALECT URL`"""
    descriptor, dialect, url = sys.argv[1:]
    base = Postgres(url) if dialect == "postgresql" else Sqlite(url)
    app = Litestar([listed, created, moved], openapi_config=None, on_startup=[base.open])
    app.state.base = base
    config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main()
