"""Who is at the browser, and whether he may: checked before anything of a request is read."""

from typing import Any

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from backend import security
from backend.db.session import unit
from backend.domain.access import Viewer
from backend.domain.users.sessions import actions, queries
from backend.errors import Unauthorized
from backend.routes import limits
from backend.routes.guards import bind_rows, demand, demand_ids, let_in
from backend.routes.policy import Rule, Who, named
from backend.routes.web.browser import (
    SAFE,
    Connection,
    browser_of,
    demand_same_origin,
    demand_token,
)
from backend.routes.web.policy import PAGES
from backend.routes.web.words import N_


def bind(app: Litestar, policy: dict[str, Rule] = PAGES) -> None:
    """Give every page its row in the policy of pages."""
    bind_rows(named(app, pages=True), policy, admit, "backend/routes/web/policy.py")


async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """401 for who is not signed in, 403 without our token, from elsewhere or for another role."""
    if isinstance(handler, HTTPRouteHandler) and "OPTIONS" in handler.http_methods:
        return
    rule: Rule = handler.opt["rule"]
    browser = browser_of(connection)
    viewer = None if browser.fresh else await _signed_in(connection, browser.secret)
    if viewer is not None:
        let_in(connection, viewer)
    elif rule.who is not Who.PUBLIC:
        raise Unauthorized(N_("Sign in first"))
    if connection.scope.get("method") not in SAFE:
        demand_same_origin(connection)
        await demand_token(connection, browser)
    if viewer is not None:
        await limits.count_caller(connection, viewer)
        demand(viewer, rule)
    demand_ids(connection)


async def _signed_in(connection: Connection, secret: str) -> Viewer | None:
    resources = connection.app.state.resources
    hashed, now = security.token_hash(secret), resources.now()
    async with resources.database.read() as conn:
        found = await queries.viewer_by_session(conn, hashed, now)
    if found is None:
        return None
    viewer, seen_at = found
    connection.scope["state"]["caller"] = (viewer.user_id, None)
    if now - seen_at >= actions.NOTED_EVERY:
        connection.state.unseen = hashed
    return viewer


async def note_seen(request: Request[Any, Any, Any]) -> None:
    """Note the hour of a session's use, after the answer has gone out."""
    hashed: str | None = request.state.get("unseen")
    if hashed is not None:
        resources = request.app.state.resources
        await unit(resources.database, resources.now, lambda tx: actions.note_seen(tx, hashed))
