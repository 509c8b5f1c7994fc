"""Signing in and out."""

import re
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.params import FromQuery
from msgspec import Meta, Struct

from backend import security
from backend.db.session import unit
from backend.domain.users.sessions import actions
from backend.domain.users.sessions.sign_in import Knock, Opened, sign_in
from backend.errors import RateLimited
from backend.routes import limits
from backend.routes.web import browser, pages
from backend.routes.web.view import View, ViewDep
from backend.routes.web.words import LOCALES, N_, translations

Asked = Request[Any, Any, Any]
# A path of our own: browsers take `//host` and `/\host` for another site's address.
OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
WRONG = N_("E-mail or password is wrong. Check both and try again.")


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The form at the door."""

    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=1024)]
    next: Annotated[str, Meta(max_length=2000)] = "/"


def own(path: str | None) -> str:
    """A path of our own, else the beginning."""
    return path if path is not None and OWN_PATH.fullmatch(path) else "/"


@get("/sign-in")
async def door(
    request: Asked, next: FromQuery[str | None] = None, lang: FromQuery[str | None] = None
) -> Response[Any]:
    if request.state.get("viewer") is not None:
        return pages.to(request, own(next))
    if lang in LOCALES:
        request.cookies[browser.cookie_name(request, pages.LANGUAGE)] = lang
    answer = _door(request, next)
    if lang in LOCALES:
        answer.cookies.append(browser.cookie(request, pages.LANGUAGE, lang))
    return answer


def _door(
    request: Asked, wish: str | None, status: int = 200, error: str = "", email: str = ""
) -> Response[Any]:
    answer = pages.page(
        request, "auth/sign_in.html", status, next=own(wish), error=error, email=email
    )
    answer.headers["Vary"] += ", Accept-Language"
    return answer


@post("/sign-in")
async def enter(request: Asked) -> Response[Any]:
    """Whoever is wrong is told the same, whether it is the e-mail or the password."""
    resources = request.app.state.resources
    form = await View(request, request.state.get("viewer"), resources).form(SignIn)
    knock = Knock(
        form.email, form.password, limits.network(request),
        browser.told_by(request, browser.KNOWN) or None,
        browser.browser_of(request).secret,
    )  # fmt: skip
    told = translations(pages.locale_of(request))
    try:
        opened = await sign_in(resources.database, resources.now, resources.passwords, knock)
    except RateLimited as error:
        minutes = -(-int(str(error.extra["retry_after"])) // 60)
        wait = told.ngettext(
            "Too many tries. Wait %(num)s minute and try again.",
            "Too many tries. Wait %(num)s minutes and try again.", minutes,
        ) % {"num": minutes}  # fmt: skip
        answer = _door(request, form.next, 429, wait, form.email)
        answer.headers["Retry-After"] = str(error.extra["retry_after"])
        return answer
    if opened is None:
        return _door(request, form.next, 422, told.gettext(WRONG), form.email)
    return _let_in(request, pages.to(request, own(form.next)), opened)


def _let_in(request: Asked, answer: Response[Any], opened: Opened) -> Response[Any]:
    answer.cookies += [
        browser.cookie(request, browser.SESSION, opened.secret, browser.MONTH),
        browser.cookie(request, browser.KNOWN, opened.known),
    ]
    return answer


@post("/sign-out")
async def leave(view: ViewDep) -> Response[Any]:
    secret = browser.browser_of(view.request).secret
    resources = view.resources
    await unit(
        resources.database, resources.now,
        lambda tx: actions.end_session(tx, security.token_hash(secret)),
    )  # fmt: skip
    answer = view.to("/sign-in")
    answer.cookies.append(browser.cookie(view.request, browser.SESSION, "", 0))
    return answer


router = Router("/", route_handlers=[door, enter, leave])
