"""Who asks from this very machine; whoever else wants to know how it fares shows a token."""

from ipaddress import ip_address
from typing import Any

from litestar.connection import ASGIConnection

Connection = ASGIConnection[Any, Any, Any, Any]
PASSED_ON = ("x-forwarded-for", "forwarded", "x-real-ip")


def is_near(connection: Connection) -> bool:
    """Whether somebody on this very machine asks, and does not ask for somebody else.

    A proxy on this machine says for whom it speaks; what it passes on is not near.
    """
    if any(name in connection.headers for name in PASSED_ON):
        return False
    host = connection.client.host if connection.client is not None else ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
