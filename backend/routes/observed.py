"""Every request is counted and leaves one line in the log: no body, no query, nobody's data."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from backend import trace
from backend.db.session import Unit, unit
from backend.domain.ledger import actions as ledger
from backend.domain.users.queries import as_system
from backend.domain.vitals import actions
from backend.resources import Resources
from backend.traffic import Traffic

log = logging.getLogger("voronka.access")
failures = logging.getLogger(__name__)

EVERY = 15.0  # seconds between two notes of what was counted
NOWHERE = "(none)"
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
PROBES = ("/health/live", "/health/ready", "/metrics")


def observed(app: ASGIApp, traffic: Traffic) -> ASGIApp:
    """Wrap an application so that its requests are counted and logged."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        trace.begin(request_id=str(state.get("request_id", "")))
        begun = ended = time.monotonic()
        status = 0  # the caller has gone before there was an answer

        async def told(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                rate = state.get("rate") or {}
                more = [(name.lower().encode(), value.encode()) for name, value in rate.items()]
                message["headers"] = [*message["headers"], *more]
            await send(message)
            ended = time.monotonic()

        try:
            await app(scope, receive, told)
        finally:
            _note(scope, traffic, status, (ended if status else time.monotonic()) - begun)

    return wrapped


def _note(scope: HTTPScope, traffic: Traffic, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else NOWHERE
    route = scope.get("path_template") or NOWHERE
    traffic.note(method, route, status, seconds)
    level = logging.DEBUG if route in PROBES else logging.INFO
    if log.isEnabledFor(level):
        user_id, token_id = scope["state"].get("caller", (None, None))
        log.log(
            level, "request", extra={
                "method": method, "route": route, "status": status,
                "ms": round(seconds * 1000, 1), "user_id": user_id, "token_id": token_id,
            },
        )  # fmt: skip


@asynccontextmanager
async def telling(resources: Resources) -> AsyncIterator[None]:
    """Write down now and then what this process has counted, and once more at its end."""
    started_at = resources.now()
    task = asyncio.create_task(_again_and_again(resources, started_at))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await tell(resources, started_at)


async def _again_and_again(resources: Resources, started_at: datetime) -> None:
    while True:
        await tell(resources, started_at)
        await asyncio.sleep(EVERY)


async def _queue(resources: Resources) -> str | None:
    """The mark of the queue; None while it is away."""
    with suppress(Exception):
        return await resources.bus.mark() if resources.bus is not None else None
    return None


async def _watch(tx: Unit) -> None:
    """The worker cannot say that it is silent: whoever serves says it."""
    await ledger.tell_silence(tx, await as_system(tx, "worker"))


async def tell(resources: Resources, started_at: datetime) -> None:
    """Write down what was counted; a database that is away costs the note alone."""
    resources.traffic.queue = await _queue(resources)
    figures = resources.traffic.figures(resources.database.waiting)
    name = resources.traffic.name
    try:
        await unit(
            resources.database,
            resources.now,
            lambda tx: actions.tell_server(tx, name, started_at, figures),
        )
        await unit(resources.database, resources.now, _watch, resources.deliver)
    except Exception as error:  # nobody waits for it and nothing depends on it
        failures.warning("the figures were not noted: %s", error)
