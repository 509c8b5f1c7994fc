"""API tokens: everybody's own, an admin's view of all; a secret is shown once."""

from datetime import date
from typing import Annotated, Any

from litestar import Response, Router, get, post
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.access import SCOPES
from backend.domain.users import queries as users
from backend.domain.users.schemas import Name, Scope, TokenCreate, TokenFilters, UserFilters
from backend.domain.users.tokens import actions, queries
from backend.routes.deps import Path
from backend.routes.web import pages
from backend.routes.web.view import View, ViewDep

PAGE = "/settings/tokens"
ONE = f"{PAGE}/{{record_id:int}}"


class NewToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new token for oneself; without a day it does not end."""

    name: Name
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=20)]
    until: date | None = None


class Version(Struct, frozen=True, forbid_unknown_fields=True):
    """What is revoked, as it was read."""

    version: int


async def _all(tx: Unit, view: View, secret: str = "") -> dict[str, Any]:
    found = await queries.tokens(tx, view.viewer, TokenFilters(limit=200, sort="-created_at"))
    people = await users.users(tx, UserFilters(limit=200))
    return {
        "tokens": found.items, "names": {one.id: one.name for one in people.items},
        "scopes": SCOPES, "now": tx.now, "secret": secret,
    }  # fmt: skip


@get(PAGE)
async def page(view: ViewDep) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        return view.page("settings/tokens.html", **await _all(tx, view))

    return await view.read(work)


@post(PAGE)
async def create(view: ViewDep) -> Response[Any]:
    form = await view.form(NewToken)
    ends = None if form.until is None else view.viewer.company.end(form.until)
    fields = TokenCreate(name=form.name, scopes=form.scopes, expires_at=ends)

    async def work(tx: Unit) -> Response[Any]:
        _, secret = await actions.create_token(tx, view.viewer, fields)
        answer = view.fragment("settings/_tokens.html", **await _all(tx, view, secret))
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
