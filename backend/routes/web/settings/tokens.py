"""API tokens: everybody's own, an admin's view of all; a secret is shown once."""

from datetime import date
from typing import Annotated, Any

from litestar import Response, Router, get, post
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.access import ADMIN_SCOPES, Viewer
from backend.domain.users import queries as users
from backend.domain.users.schemas import Name, Scope, TokenCreate, TokenFilters, UserFilters
from backend.domain.users.tokens import actions, queries
from backend.errors import pointed
from backend.routes.deps import Path
from backend.routes.web import pages
from backend.routes.web.view import View, ViewDep
from backend.routes.web.words import N_

PAGE = "/settings/tokens"
# What a token may be for: the scopes that open something, in the words of who makes one.
MAY = {
    "cards:read": N_("read cards, agreements, products and pipelines"),
    "cards:write": N_("make, change and move cards and agreements"),
    "clients:read": N_("read clients and contacts"),
    "clients:write": N_("make and change clients and contacts"),
    "tasks:read": N_("read tasks, activities and notifications"),
    "tasks:write": N_("make and change tasks and activities"),
    "reports:read": N_("read reports"),
    "events:read": N_("follow what happens"),
    "leads:intake": N_("hand in enquiries of a site form, and nothing else"),
    "settings:write": N_("change pipelines, products, rules and the company"),
    "users:write": N_("change users and teams"),
    "audit:read": N_("read the change log"),
    "jobs:run": N_("run the jobs of the night"),
    "*": N_("everything that your role may"),
}
ONE = f"{PAGE}/{{record_id:int}}"


class NewToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new token for oneself; without a day it does not end."""

    name: Name
    scopes: Annotated[list[Scope], Meta(max_length=20)] = []
    until: date | None = None


class Version(Struct, frozen=True, forbid_unknown_fields=True):
    """What is revoked, as it was read."""

    version: int


async def _all(tx: Unit, view: View, secret: str = "") -> dict[str, Any]:
    found = await queries.tokens(tx, view.viewer, TokenFilters(limit=200, sort="-created_at"))
    people = await users.users(tx, UserFilters(limit=200))
    return {
        "tokens": found.items, "names": {one.id: one.name for one in people.items},
        "scopes": _offered(view.viewer), "now": tx.now, "secret": secret,
    }  # fmt: skip


def _offered(viewer: Viewer) -> dict[str, str]:
    """What the viewer's role can hand on."""
    return {
        scope: told
        for scope, told in MAY.items()
        if (scope not in ADMIN_SCOPES or viewer.settings)
        and (not scope.endswith((":write", ":intake")) or viewer.writes != "none")
    }


@get(PAGE)
async def page(view: ViewDep) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        return view.page("settings/tokens.html", **await _all(tx, view))

    return await view.read(work)


@post(PAGE)
async def create(view: ViewDep) -> Response[Any]:
    form = await view.form(NewToken)
    if not form.scopes:
        raise pointed(N_("Choose what the token may do"), "/scopes")
    ends = None if form.until is None else view.viewer.company.end(form.until)
    fields = TokenCreate(name=form.name, scopes=form.scopes, expires_at=ends)

    async def work(tx: Unit) -> Response[Any]:
        _, secret = await actions.create_token(tx, view.viewer, fields)
        answer = view.fragment("settings/_token_made.html", **await _all(tx, view, secret))
        answer.headers["Cache-Control"] = "no-store"
        return pages.trigger(answer, done=True)

    return await view.change(work)


@post(f"{ONE}/revoke")
async def revoke(view: ViewDep, record_id: Path) -> Response[Any]:
    form = await view.form(Version)

    async def work(tx: Unit) -> Response[Any]:
        await actions.revoke(tx, view.viewer, record_id, form.version)
        answer = view.fragment("settings/_tokens.html", **await _all(tx, view))
        return pages.toast(answer, view.gettext("The token opens nothing any more"))

    return await view.change(work)


router = Router("/", route_handlers=[page, create, revoke])
