"""Probes: is the process alive, and do its parts answer."""

import asyncio
import logging

import msgspec
from litestar import Request, get
from litestar.datastructures import State

from backend.db import revisions
from backend.errors import Unavailable
from backend.resources import Resources
from backend.routes.guards import demand_token
from backend.routes.nearby import is_near

log = logging.getLogger(__name__)


class Health(msgspec.Struct, frozen=True):
    """All is well."""

    status: str


@get("/health/live", operation_id="live", summary="Whether the process runs")
async def live() -> Health:
    """Whether the process runs."""
    return Health("ok")


@get("/health/ready", operation_id="ready", summary="Whether its parts answer")
async def ready(request: Request[None, None, State]) -> Health:
    """Whether database, migrations and queue answer; 503 names the part that does not."""
    resources: Resources = request.app.state.resources
    try:
        await _demand_parts(resources)
    except Unavailable as error:
        if is_near(request) or await _has_token(request):
            raise
        log.warning("not ready: %s", error.message)
        raise Unavailable(
            "Not ready; ask from the machine itself, or with a token, for the part"
        ) from None
    return Health("ok")


async def _has_token(request: Request[None, None, State]) -> bool:
    """Whether a good token was sent; a database that is away knows none."""
    try:
        await demand_token(request)
    except Exception:
        return False
    return True


async def _demand_parts(resources: Resources) -> None:
    """Unavailable, naming the part that does not answer."""
    try:
        async with asyncio.timeout(5), resources.database.read() as conn:
            behind = await conn.run_sync(revisions.missing)
    except Exception as error:
        log.warning("not ready: database: %s", type(error).__name__)
        raise Unavailable("The database does not answer", part="database") from None
    if behind:
        raise Unavailable(
            "The database is behind this version: run `voronka migrate`", part="migrations"
        )
    try:
        if resources.bus is not None:
            await resources.bus.ping()
    except Exception as error:
        log.warning("not ready: queue: %s", type(error).__name__)
        raise Unavailable("The queue does not answer", part="queue") from None
