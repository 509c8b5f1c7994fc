"""What stands before every page: our token, our site, the role; what is refused leaves no trace."""

import re
from typing import Any

import httpx
import pytest
from litestar import Litestar, get

from backend.routes.policy import Who, named
from backend.routes.web import guard
from backend.routes.web.policy import PAGES, page
from tests.office import Office, routes
from tests.passwords import PASSWORD
from tests.routes.web.person import HTMX, Browser, at_browser

pytestmark = pytest.mark.anyio

UNSAFE = [key.split(" ")[1] for key in PAGES if key.startswith("POST ")]
FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://voronka.test.evil.test"},
]  # fmt: skip


def address(path: str) -> str:
    """Where a page with numbers and names in its path is asked."""
    return re.sub(r"\{\w+\}", "1", path.replace("{name}", "title"))


async def test_without_our_token_nothing_is_done(office: Office) -> None:
    """No token, another session's, one made up, one in the address: the same refusal everywhere."""
    browser = await at_browser(office, "anna", "admin")
    other = await at_browser(office, "boris", "admin")
    before = await office.counts()
    for path in UNSAFE:
        where = address(path)
        for form in ({}, {"csrf": ""}, {"csrf": other.csrf}, {"csrf": "é" * 43}):
            reply = await browser.http.post(where, data=form)
            assert reply.status_code == 403, path
            assert "This page is too old" in reply.text
        reply = await browser.http.post(f"{where}?csrf={browser.csrf}", headers=HTMX)
        assert (reply.status_code, reply.headers["hx-reswap"]) == (403, "none")
        text = {"Content-Type": "text/plain"}
        reply = await browser.http.post(where, content=f"csrf={browser.csrf}", headers=text)
        assert reply.status_code == 403
    assert await office.counts() == before
    assert (await browser.get("/settings/me")).status_code == 200


async def test_what_another_site_sends_is_refused(office: Office) -> None:
    browser = await at_browser(office, "anna", "admin")
    before = await office.counts()
    for path in UNSAFE:
        for headers in FOREIGN:
            form = {"csrf": browser.csrf}
            reply = await browser.http.post(address(path), data=form, headers=headers)
            assert reply.status_code == 403, (path, headers)
            assert "This request came from another site" in reply.text
    assert await office.counts() == before
    own = {"Origin": "http://voronka.test", "Sec-Fetch-Site": "same-origin"}
    reply = await browser.http.post("/sign-out", data={"csrf": browser.csrf}, headers=own)
    assert reply.status_code == 303


async def test_a_token_of_rest_opens_no_page_and_a_session_no_rest(office: Office) -> None:
    anna = await office.person("anna")
    page = await anna.http.get("http://voronka.test/settings/me", headers={"Accept": "text/html"})
    assert page.headers["location"] == "/sign-in?next=/settings/me"
    browser = await at_browser(office, "boris")
    reply = await browser.http.get("/api/v1/me")
    assert reply.status_code == 401
    assert reply.headers["content-type"] == "application/problem+json"
    header = {"X-CSRF-Token": browser.csrf}
    assert (await browser.http.post("/api/v1/clients", headers=header)).status_code == 401


async def test_pages_are_for_whom_the_policy_says(office: Office) -> None:
    """Every page × nobody, a viewer, a manager, a head, an admin; no record is named."""
    browsers = {role: await at_browser(office, role, role) for role in ("viewer", "manager")}
    browsers |= {role: await at_browser(office, role, role) for role in ("head", "admin")}
    nobody, wrong = Browser(office), []
    await nobody.get("/sign-in")  # with which comes the token of a form
    for key, rule in PAGES.items():
        method, path = key.split(" ")
        if path == "/sign-out" or "{" in path:
            continue
        for role, browser in [("nobody", nobody), *browsers.items()]:
            reply = await _asked(browser, method, path)
            barred = (rule.who is Who.ADMINS and role != "admin") or (
                rule.who is Who.WRITERS and role == "viewer"
            )
            if rule.who is not Who.PUBLIC and role == "nobody":
                passed = reply.headers.get("location", "").startswith("/sign-in")
            else:
                passed = (reply.status_code == 403) is barred
            wrong += [] if passed else [f"{key} for {role}: {reply.status_code}"]
    assert not wrong, "\n".join(wrong)


async def _asked(browser: Browser, method: str, path: str) -> httpx.Response:
    if method == "GET":
        return await browser.get(path)
    return await browser.post(path, {"no-such-field": "1"})


async def test_a_number_that_no_record_has_is_not_there(office: Office) -> None:
    browser = await at_browser(office, "anna", "admin")
    for key in PAGES:
        method, path = key.split(" ")
        if "{record_id}" in path:
            for number in ("0", str(2**53 + 1), str(2**62)):
                where = address(path.replace("{record_id}", number))
                assert (await _asked(browser, method, where)).status_code == 404, key


def test_every_page_has_a_row_and_every_row_a_page() -> None:
    found = named(routes(), pages=True)
    assert sorted(key for key, _ in found) == sorted(PAGES)
    for key, handler in found:
        open_to_all = handler.opt["rule"].who is Who.PUBLIC
        assert open_to_all or guard.admit in handler.resolve_guards(), key

    @get("/stray", opt={"page": True}, sync_to_thread=False)
    def stray() -> None: ...

    for policy, told in (
        ({}, "has no row in backend/routes/web"),
        ({"GET /stray": page()}, "guard"),
    ):
        with pytest.raises(RuntimeError, match=told):
            guard.bind(Litestar([stray], openapi_config=None, logging_config=None), policy)
    with pytest.raises(RuntimeError, match="no route for these rows"):
        guard.bind(routes(), {**PAGES, "GET /stray": page()})
    guard.bind(routes())


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"name": "Anna", "locale": "en", "version": "1"}, 303),
        ({"name": "Anna", "locale": "en", "version": "7"}, 412),
        ({"name": "Anna", "locale": "en"}, 400),
        ({"name": "Anna", "locale": "en", "version": "1", "role": "admin"}, 400),
        ({"name": ["Anna", "Boss"], "locale": "en", "version": "1"}, 400),
        ({"name": " ", "locale": "en", "version": "1"}, 400),
        ({"name": "An\x00na", "locale": "en", "version": "1"}, 400),
        ({"name": "Anna", "locale": "xx", "version": "1"}, 400),
    ],
)
async def test_forms_are_read_as_strictly_as_json(
    office: Office, form: dict[str, Any], status: int
) -> None:
    browser = await at_browser(office, "anna")
    reply = await browser.post("/settings/me", form)
    assert reply.status_code == status, reply.text
    shown = await browser.get("/settings/me")
    assert ('value="Anna"' in shown.text) is (status == 303)


async def test_the_token_is_good_for_forms_and_for_htmx(office: Office) -> None:
    browser = await at_browser(office, "anna")
    form = {"name": "Anna", "locale": "ru", "version": "1"}
    headers = {**HTMX, "X-CSRF-Token": browser.csrf}
    reply = await browser.http.post("/settings/me", data=form, headers=headers)
    assert (reply.status_code, reply.headers["hx-redirect"]) == (200, "/settings/me")
    assert '<html lang="ru">' in (await browser.get("/settings/me")).text
    old = browser.csrf
    await browser.post("/sign-out", {})
    await browser.sign_in("anna@example.com", PASSWORD)
    await browser.get("/settings/me")
    assert browser.csrf != old
