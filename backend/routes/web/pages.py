"""How HTML is answered: a whole page, a fragment, a toast; the headers that all of it has."""

import gzip
import json
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from litestar import Request, Response
from litestar.datastructures import Cookie

from backend.domain.access import Viewer
from backend.routes.web import browser, nav
from backend.routes.web.browser import browser_of, cookie, told_by
from backend.routes.web.templates import environment
from backend.routes.web.words import LOCALES

Asked = Request[Any, Any, Any]
LANGUAGE, THEME, DENSITY, KEYS = "voronka-lang", "voronka-theme", "voronka-density", "voronka-keys"
SAID = "voronka-said"  # by the page that opens next
THEMES, DENSITIES = ("light", "dark"), ("compact",)
MINUTE = 60
WORTH_PACKING = 1000  # bytes
CSP = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
    "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "object-src 'none'",
    "frame-ancestors 'none'",
))  # fmt: skip
SAFE = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "private, no-cache",
    "Vary": "HX-Request, Accept-Encoding, Cookie",
}


def is_fragment(request: Asked) -> bool:
    """Whether htmx asks for a part of the page that is open, and not for all of it again."""
    asked = request.headers
    return asked.get("hx-request") == "true" and "hx-history-restore-request" not in asked


def locale_of(request: Asked) -> str:
    """The viewer's own language, else the browser's cookie, else what it accepts, else English."""
    viewer: Viewer | None = request.state.get("viewer")
    accepted = request.headers.get("accept-language", "").replace(";", ",").split(",")
    wished = [None if viewer is None else viewer.locale, told_by(request, LANGUAGE)]
    wished += [part.strip()[:2].lower() for part in accepted]
    return next((locale for locale in wished if locale in LOCALES), "en")


def page(request: Asked, template: str, status: int = 200, **values: Any) -> Response[bytes]:
    """A whole page. Every template knows, besides its values, what `_common` gives."""
    answer = _answer(request, template, values, status)
    if told_by(request, SAID):
        answer.cookies.append(cookie(request, SAID, "", 0))
    return answer


def fragment(request: Asked, template: str, status: int = 200, **values: Any) -> Response[bytes]:
    """A part of a page, which htmx puts in its place; its template's name begins with `_`."""
    if not template.rpartition("/")[2].startswith("_"):
        raise ValueError(f"{template} is not a fragment: its name has to begin with _")
    return _answer(request, template, values, status)


def to(request: Asked, path: str, told: str = "") -> Response[Any]:
    """Send the browser on, whether it asked by itself or htmx did.

    The page that opens there says in passing what was done.
    """
    status, where = (200, "HX-Redirect") if is_fragment(request) else (303, "Location")
    answer = empty(status, {where: path})
    if told:
        answer.cookies.append(cookie(request, SAID, quote(told), MINUTE))
    return answer


def empty(status: int, headers: dict[str, str]) -> Response[bytes]:
    """An answer that says everything in its headers."""
    return Response(b"", status_code=status, headers={**SAFE, **headers}, media_type="text/html")


def toast(
    response: Response[Any], text: str, *, tone: str = "", undo: str | None = None,
    door: str | None = None, **values: Any,
) -> Response[Any]:  # fmt: skip
    """Have the page say something in passing. `undo` is where a button posts the values given.

    With a `door`, where one signs in, it stays till it is closed.
    """
    told: dict[str, Any] = {"text": text, "tone": tone} | ({"door": door} if door else {})
    if undo is not None:
        told |= {"undo": undo, "values": values}
    return trigger(response, toast=told)


def trigger(response: Response[Any], **events: Any) -> Response[Any]:
    """Raise events in the page once the answer is in its place."""
    known = json.loads(response.headers.get("HX-Trigger", "{}"))
    response.headers["HX-Trigger"] = json.dumps({**known, **events})  # ASCII, as headers are
    return response


def _answer(request: Asked, template: str, values: dict[str, Any], status: int) -> Response[bytes]:
    made = environment(locale_of(request)).get_template(template)
    body = made.render(**_common(request), **values).encode()
    headers = dict(SAFE)
    if "gzip" in request.headers.get("accept-encoding", "") and len(body) > WORTH_PACKING:
        # Other sites cannot have us pack their guesses beside a secret: they send no cookie.
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(
        body, status_code=status, headers=headers, media_type="text/html", cookies=_door(request)
    )


def _common(request: Asked) -> dict[str, Any]:
    """What every template knows: who looks, how he wants it, where he is, what marks is ours."""
    viewer: Viewer | None = request.state.get("viewer")
    held = browser_of(request)
    theme, density = told_by(request, THEME), told_by(request, DENSITY)
    zone = "UTC" if viewer is None else viewer.company.time_zone
    return {
        "viewer": viewer,
        "nav": [] if viewer is None else nav.entries(viewer),
        "path": request.url.path,
        "theme": theme if theme in THEMES else "",
        "density": density if density in DENSITIES else "",
        "single_keys": told_by(request, KEYS) != "off",
        "said": unquote(told_by(request, SAID)),
        "csrf": held.csrf,
        "mark": held.mark,
        "zone": zone,
        "this_year": request.app.state.resources.now().astimezone(ZoneInfo(zone)).year,
    }


def _door(request: Asked) -> list[Cookie]:
    """Who has no cookie yet gets one, so that what he sends first can be told from others'."""
    held = browser_of(request)
    if not held.fresh:
        return []
    return [cookie(request, browser.SESSION, held.secret, browser.MONTH)]
