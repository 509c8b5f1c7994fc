"""Who calls, and whether he may: checked before anything of the request is read."""

from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import Guard
from msgspec import structs

from backend import security
from backend.domain.access import Viewer
from backend.domain.users.queries import viewer_by_token
from backend.errors import BadRequest, Forbidden, NotFound, Unauthorized
from backend.routes import limits
from backend.routes.policy import POLICY, Rule, Who, named

LARGEST_ID = 2**53


def needs(query: type | None = None, *, table: bool = False, **options: Any) -> dict[str, Any]:
    """The keyword arguments of a handler that reads these query parameters.

    Who may call it is written in its row of the policy. A `table` is told as CSV too.
    """
    if isinstance(query, str):
        raise TypeError(f"the scope {query} stands in the route's row in backend/routes/policy.py")
    return {"opt": {"query": query, "table": table}, **options}


def bind(app: Litestar, policy: dict[str, Rule] = POLICY) -> None:
    """Give every route of REST its row in the policy."""
    bind_rows(named(app), policy, authorise, "backend/routes/policy.py")


def bind_rows(
    routes: list[tuple[str, HTTPRouteHandler]], policy: dict[str, Rule], guard: Guard, place: str
) -> None:
    """Give every route its row; RuntimeError for a route without one, and for one without a route.

    A route that is not for everybody has to stand behind the guard.
    """
    idle = set(policy)
    for key, handler in routes:
        rule = policy.get(key)
        if rule is None:
            raise RuntimeError(
                f"{key} ({handler.operation_id or handler.handler_name}) has no row in {place}:"
                " write down who may call it"
            )
        if rule.who is not Who.PUBLIC and guard not in handler.resolve_guards():
            raise RuntimeError(f"{key} is not for everybody and has no guard")
        handler.opt["rule"] = rule
        idle.discard(key)
    if idle:
        raise RuntimeError(f"no route for these rows of {place}: {sorted(idle)}")


async def authorise(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """401 without a good token, 403 without the scope, 400 for parameters nobody reads."""
    if isinstance(handler, HTTPRouteHandler) and "OPTIONS" in handler.http_methods:
        return  # it tells nothing but the methods there are
    rule: Rule = handler.opt["rule"]
    viewer = await viewer_of(connection)
    await limits.count_caller(connection, viewer)
    demand(viewer, rule)
    if rule.scope == limits.INTAKE:
        await limits.count_form(connection)
    if handler.opt.get("query") is None and connection.query_params:
        raise BadRequest(f"Unknown parameter “{next(iter(connection.query_params))}”")
    demand_ids(connection)
    let_in(connection, viewer)


def demand_ids(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """NotFound for a number in the address that no record can have."""
    if any(isinstance(v, int) and not 0 < v <= LARGEST_ID for v in connection.path_params.values()):
        raise NotFound("There is no such record")


def let_in(connection: ASGIConnection[Any, Any, Any, Any], viewer: Viewer) -> None:
    """Hand the caller on to the handler, and the request's id with him."""
    request_id = connection.scope["state"].get("request_id")
    connection.state.viewer = structs.replace(viewer, request_id=request_id)


async def viewer_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Viewer:
    """The caller behind the token that was sent; Unauthorized."""
    resources = connection.app.state.resources
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send `Authorization: Bearer <token>`")
    hashed = security.token_hash(token.strip())
    async with resources.database.read() as conn:
        viewer = await viewer_by_token(conn, hashed, resources.now())
    if viewer is None:
        raise Unauthorized("This token is unknown, revoked or expired, or its user is not active")
    connection.scope["state"]["caller"] = (viewer.user_id, viewer.token_id)
    return viewer


async def demand_token(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Unauthorized without a good token, Forbidden with one for site forms alone."""
    demand(await viewer_of(connection), Rule(None))


def demand(viewer: Viewer, rule: Rule) -> None:
    """Forbidden where the token lacks the scope, or its user the role."""
    if rule.scope is None:
        if set(viewer.scopes) == {"leads:intake"}:
            raise Forbidden("This token takes site forms and does nothing else")
    elif not viewer.has(rule.scope):
        raise Forbidden(f"This token lacks the scope {rule.scope}")
    if rule.who is Who.ADMINS and not viewer.settings:
        raise Forbidden("Only an admin may do this")
    if rule.who is Who.WRITERS and viewer.writes == "none":
        raise Forbidden("Your role reads and does not write")
