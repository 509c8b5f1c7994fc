"""The callers of the matrix at a browser: a session of each, and forms with its token."""

import re
from typing import Any
from urllib.parse import urlencode

import httpx

from backend import security
from backend.db.session import Unit
from backend.domain.users.sessions import actions
from backend.routes.web.browser import CSRF_HEADER, SESSION, Browser
from tests.access.company import Company
from tests.access.wire import Reply, call

FORM = "application/x-www-form-urlencoded"
# How far the log had come when a board was shown, and the number of the request.
OF_THE_MOMENT = re.compile(rb'data-since="\d+"|since=\d+|Request [0-9a-f]{32}')


async def open_browser(company: Company, name: str) -> Browser:
    """Somebody who has just signed in."""
    secret = security.new_secret()
    hashed = security.token_hash(secret)

    async def begin(tx: Unit) -> None:
        await actions.begin_session(tx, company.people[name], hashed)

    await company.office.do(begin)
    return Browser(secret, fresh=False)


async def at(
    company: Company, browser: Browser, method: str, path: str, form: dict[str, Any] | None = None
) -> Reply:
    """What a page answers; a form goes with the token of the pages, bytes in it as a file."""
    headers = {
        "accept": "text/html", "host": "voronka.test", "cookie": f"{SESSION}={browser.secret}",
    }  # fmt: skip
    sent = None
    if method == "POST":
        kind, sent = _sent(form or {})
        headers |= {CSRF_HEADER: browser.csrf, "content-type": kind}
    return await call(company.office.app, method, path, body=sent, headers=headers, base="")


def _sent(form: dict[str, Any]) -> tuple[str, bytes]:
    """A form as a browser sends it: the type of its body, and the body."""
    files = {name: (name, value) for name, value in form.items() if isinstance(value, bytes)}
    typed = {name: value for name, value in form.items() if name not in files}
    if not files:
        return FORM, urlencode(typed).encode()
    request = httpx.Request("POST", "http://voronka.test", data=typed, files=files)
    return request.headers["content-type"], request.read()


def shown(reply: Reply) -> bytes:
    """A page without what says when it was asked for."""
    return OF_THE_MOMENT.sub(b"", reply.body)
