"""What a refusal looks like in the browser: a toast over the page that is open, or a quiet page."""

from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Request, Response

from backend.routes.web import pages
from backend.routes.web.words import N_, refusal, translations

PROGRAMS = ("/api/", "/metrics", "/health/")
# Said instead of the short title of a problem, which is written for programs.
TITLES = {
    400: N_("This cannot be read"),
    403: N_("This is not allowed"),
    404: N_("There is nothing here"),
    409: N_("This does not fit what is there"),
    412: N_("Somebody has changed this meanwhile"),
    413: N_("This is too large"),
    422: N_("Something is missing"),
    429: N_("Too many requests"),
    500: N_("Something went wrong"),
    503: N_("Voronka does not answer right now"),
}


def in_browser(request: Request[Any, Any, Any], status: int) -> bool:
    """Whether a person sees the answer: a page was asked for, and nothing that programs read.

    Before a page's door stands also who takes any answer, as scripts of the page and curl do.
    """
    if request.url.path.startswith(PROGRAMS):
        return False
    taken = request.headers.get("accept", "*/*")
    shut_out = status == 401 and "*/*" in taken
    return shut_out or "text/html" in taken or pages.is_fragment(request)


def shown(
    request: Request[Any, Any, Any], status: int, detail: str, headers: dict[str, str]
) -> Response[Any]:
    """The same status as in REST; who is not signed in is shown the door.

    From a page that is open he goes there in another tab, and loses nothing that he has typed.
    """
    if status == 401:
        return _to_the_door(request)
    told = translations(pages.locale_of(request))
    title = told.gettext(TITLES.get(status, TITLES[500 if status >= 500 else 400]))
    kept = {name: value for name, value in headers.items() if name in ("Retry-After", "Allow")}
    detail = refusal(detail, pages.locale_of(request)) if detail else ""
    if pages.is_fragment(request):
        answer = pages.empty(status, {**kept, "HX-Reswap": "none"})
        return pages.toast(answer, detail or title, tone="bad")
    answer = pages.page(
        request, "layout/refusal.html", status, title=title, detail=detail,
        request_id=str(request.scope.get("state", {}).get("request_id", "")),
    )  # fmt: skip
    answer.headers.update(kept)
    return answer


def _to_the_door(request: Request[Any, Any, Any]) -> Response[Any]:
    if pages.is_fragment(request):
        here = urlsplit(request.headers.get("hx-current-url", "/"))
        told = translations(pages.locale_of(request))
        answer = pages.empty(401, {"HX-Reswap": "none"})
        pages.trigger(answer, out=True)
        text = told.gettext("You are signed out. What is typed here stays.")
        return pages.toast(answer, text, tone="bad", door=_door(here.path, here.query))
    here = urlsplit(str(request.url)) if request.method == "GET" else urlsplit("/")
    return pages.to(request, _door(here.path, here.query))


def _door(path: str, query: str) -> str:
    wish = path + (f"?{query}" if query else "")
    return "/sign-in" if wish in ("", "/") else f"/sign-in?next={quote(wish, safe='/')}"
