"""What a browser holds: the session's cookie, and the two secrets that are made from it."""

from typing import Any, NamedTuple

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from backend import security
from backend.errors import Forbidden
from backend.routes.web.words import N_

Connection = ASGIConnection[Any, Any, Any, Any]
SESSION, KNOWN = "voronka", "voronka-known"
MONTH, YEAR = 30 * 86_400, 365 * 86_400
SAFE = ("GET", "HEAD", "OPTIONS")
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"


class Browser(NamedTuple):
    """The cookie's secret; a visitor gets one that no session has, and another at sign-in."""

    secret: str
    fresh: bool

    @property
    def csrf(self) -> str:
        """What an unsafe request has to say besides its cookie."""
        return security.derived(self.secret, "csrf")

    @property
    def mark(self) -> str:
        """What marks the elements that we rendered and that may send requests."""
        return security.derived(self.secret, "mark")[:16]


def browser_of(connection: Connection) -> Browser:
    """The browser that calls, the same one all through a request."""
    known: Browser | None = connection.state.get("browser")
    if known is None:
        sent = told_by(connection, SESSION)
        known = Browser(sent or security.new_secret(), fresh=not sent)
        connection.state.browser = known
    return known


def cookie_name(connection: Connection, name: str) -> str:
    """Over HTTPS a name that no other host and no plain connection can set."""
    return f"__Host-{name}" if connection.scope["scheme"] == "https" else name


def told_by(connection: Connection, name: str) -> str:
    """What a cookie of ours says, if it is there."""
    return connection.cookies.get(cookie_name(connection, name), "")


def cookie(connection: Connection, name: str, value: str, seconds: int = YEAR) -> Cookie:
    """A cookie that scripts do not see and other sites do not send."""
    return Cookie(
        key=cookie_name(connection, name), value=value, max_age=seconds, path="/", httponly=True,
        secure=connection.scope["scheme"] == "https", samesite="lax",
    )  # fmt: skip


def demand_same_origin(connection: Connection) -> None:
    """Forbidden for a request that a page of another site has made."""
    came = connection.headers.get("sec-fetch-site", "same-origin")
    origin = connection.headers.get("origin")
    host = connection.headers.get("host", "")
    if came not in ("same-origin", "none") or (
        origin is not None and origin.partition("://")[2] != host
    ):
        raise Forbidden(N_("This request came from another site"))


async def demand_token(connection: Connection, browser: Browser) -> None:
    """Forbidden without the token that our pages carry, in a header or in the form."""
    sent = connection.headers.get(CSRF_HEADER)
    if sent is None:
        form = await connection.form()  # type: ignore[attr-defined]  # guards are given a Request
        sent = str(form.get(CSRF_FIELD, ""))
    if browser.fresh or not security.same(sent, browser.csrf):
        raise Forbidden(N_("This page is too old: load it again and try once more"))
