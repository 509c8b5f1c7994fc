"""How often one may call: a caller by the kind of route, a site form by where it comes from."""

import hashlib
from ipaddress import IPv6Address, ip_address
from typing import Any

from litestar.connection import ASGIConnection

from backend.db.session import unit
from backend.domain.access import Viewer
from backend.domain.limits import actions
from backend.errors import RateLimited
from backend.resources import Resources
from backend.settings import Rate

INTAKE = "leads:intake"
Connection = ASGIConnection[Any, Any, Any, Any]


def route_class(method: str, path: str) -> str:
    """Reports, reading and writing are counted apart: none takes from another."""
    if path.startswith(("/api/v1/reports", "/reports")):
        return "reports"
    return "read" if method in ("GET", "HEAD") else "write"


async def count_caller(connection: Connection, viewer: Viewer) -> None:
    """Count a call of a token, or of a user in his browsers; RateLimited where it is one too many.

    A queue that is away counts nothing and turns nobody away.
    """
    resources: Resources = connection.app.state.resources
    rate = resources.rate_limit
    if rate is None or resources.bus is None:
        return
    caller = viewer.token_id or f"user-{viewer.user_id}"
    kind = route_class(str(connection.scope.get("method")), connection.scope["path"])
    counted = await resources.bus.admit(f"{caller}:{kind}", rate)
    if counted is not None:
        _demand(connection, rate, *counted)


async def count_form(connection: Connection) -> None:
    """Count a site form of an address; RateLimited where it is one too many."""
    resources: Resources = connection.app.state.resources
    rate = resources.intake_limit
    address = hashlib.sha256(f"intake {network(connection)}".encode()).hexdigest()
    left, over = await unit(
        resources.database, resources.now, lambda tx: actions.admit(tx, address, rate)
    )
    _demand(connection, rate, left, over)


def _demand(connection: Connection, rate: Rate, left: int, over: int) -> None:
    """Say what is left; the narrower limit is told where a call is under two."""
    told = {
        "RateLimit-Limit": str(rate.count),
        "RateLimit-Remaining": str(max(0, left)),
        "RateLimit-Reset": str(over),
        "RateLimit-Policy": f"{rate.count};w={rate.seconds}",
    }
    known = connection.scope["state"].get("rate")
    if known is None or int(known["RateLimit-Remaining"]) >= left:
        connection.scope["state"]["rate"] = told
    if left < 0:
        raise RateLimited(
            f"At most {rate.count} requests in {rate.seconds} seconds: wait {over} s and go on",
            retry_after=over,
        )


def network(connection: Connection) -> str:
    """The caller's address, or its network where one caller has all of it."""
    host = connection.client.host if connection.client is not None else ""
    try:
        known = ip_address(host)
    except ValueError:
        known = None
    if isinstance(known, IPv6Address):
        mapped = known.ipv4_mapped
        host = str(mapped) if mapped else known.exploded[:19]  # who has one of them has 2**64
    return host
