"""Who calls, and whether he may: checked before anything of the request is read."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend import security
from backend.domain.access import ADMIN_SCOPES, Viewer
from backend.domain.users.queries import viewer_by_token
from backend.errors import BadRequest, Forbidden, NotFound, Unauthorized

LARGEST_ID = 2**53


def needs(scope: str | None, query: type | None = None, **options: Any) -> dict[str, Any]:
    """The keyword arguments of a handler that demands a scope and reads these parameters.

    No scope means that every token will do but one for site forms alone.
    """
    return {"opt": {"scope": scope, "query": query}, **options}


async def authorise(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """401 without a good token, 403 without the scope, 400 for parameters nobody reads."""
    if "scope" not in handler.opt:
        return  # OPTIONS, which tells nothing but the methods there are
    resources = connection.app.state.resources
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send `Authorization: Bearer <token>`")
    hashed = security.token_hash(token.strip())
    async with resources.database.read() as conn:
        viewer = await viewer_by_token(conn, hashed, resources.now())
    if viewer is None:
        raise Unauthorized("This token is unknown, revoked or expired, or its user is not active")
    demand_scope(viewer, handler.opt["scope"])
    if handler.opt.get("query") is None and connection.query_params:
        raise BadRequest(f"Unknown parameter “{next(iter(connection.query_params))}”")
    if any(isinstance(v, int) and not 0 < v <= LARGEST_ID for v in connection.path_params.values()):
        raise NotFound("There is no such record")
    connection.state.viewer = viewer


def demand_scope(viewer: Viewer, scope: str | None) -> None:
    """Forbidden where the token lacks the scope, or its user's role what the scope gives."""
    if scope is None:
        if set(viewer.scopes) == {"leads:intake"}:
            raise Forbidden("This token takes site forms and does nothing else")
        return
    if not viewer.has(scope):
        raise Forbidden(f"This token lacks the scope {scope}")
    if scope in ADMIN_SCOPES and not viewer.settings:
        raise Forbidden("Only an admin may do this")
    if scope.endswith(":write") and viewer.writes == "none":
        raise Forbidden("Your role reads and does not write")
