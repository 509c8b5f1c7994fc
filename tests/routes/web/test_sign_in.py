"""Signing in: cookies, refusals that look alike, the way back, what ends a session."""

import json

import httpx
import pytest
from sqlalchemy import select

from backend.db.models import user_session
from tests.office import Office
from tests.passwords import PASSWORD
from tests.routes.web.person import HTMX, Browser, at_browser, give_password

pytestmark = pytest.mark.anyio

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'"
)


async def sessions(office: Office) -> list[str]:
    return list((await office.do(lambda tx: tx.run(select(user_session.c.hash)))).scalars())


async def test_a_session_begins_with_a_new_secret(office: Office) -> None:
    """The cookie that the browser brought along opens nothing, before and afterwards."""
    anna = await office.person("anna")
    await give_password(office, anna.id)
    browser = Browser(office)
    planted = "planted-by-somebody"
    browser.http.cookies.set("voronka", planted, domain="voronka.test")
    reply = await browser.sign_in("Anna@Example.com", next="/settings/me?a=1")
    assert (reply.status_code, reply.headers["location"]) == (303, "/settings/me?a=1")
    session, known = reply.headers.get_list("set-cookie")
    assert session.split("=")[0] == "voronka"
    assert session.split("; ")[1:] == ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=lax"]
    assert known.split("=")[0] == "voronka-known"
    assert planted not in session
    assert (await browser.get("/settings/me")).status_code == 200
    stranger = Browser(office)
    stranger.http.cookies.set("voronka", planted, domain="voronka.test")
    assert (await stranger.get("/settings/me")).status_code == 303
    kept = await sessions(office)
    assert len(kept) == 1
    assert browser.http.cookies["voronka"] not in kept[0]


async def test_over_https_the_cookie_is_bound_to_the_host(office: Office) -> None:
    anna = await office.person("anna")
    await give_password(office, anna.id)
    browser = Browser(office, "https://voronka.test")
    reply = await browser.sign_in("anna@example.com")
    for cookie, name in zip(
        reply.headers.get_list("set-cookie"), ("voronka", "voronka-known"), strict=True
    ):
        assert cookie.startswith(f"__Host-{name}=")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} < set(cookie.split("; "))
        assert "Domain" not in cookie


async def test_over_https_too_a_language_and_a_look_are_kept(office: Office) -> None:
    browser = Browser(office, "https://voronka.test")
    for path in ("/sign-in?lang=ru", "/sign-in"):
        assert '<html lang="ru">' in (await browser.get(path)).text
    anna = await office.person("anna")
    await give_password(office, anna.id)
    await browser.sign_in("anna@example.com")
    await browser.get("/settings/me")
    form = {"theme": "dark", "density": "compact", "keys": "off"}
    assert (await browser.post("/settings/me/look", form)).status_code == 303
    page = (await browser.get("/settings/me")).text
    assert 'data-theme="dark" data-density="compact"' in page
    assert "data-keys" not in page


async def test_wrong_is_wrong_whatever_was_wrong(office: Office) -> None:
    """A wrong password, an unknown e-mail, a user without one, one who has left: one answer."""
    for name in ("anna", "bare", "gone"):
        person = await office.person(name)
        if name != "bare":
            await give_password(office, person.id)
    from_admin = await office.person("admin", "admin")
    gone = (await from_admin.get("/users", email="gone@example.com")).json()["items"][0]
    left = await from_admin.patch(f"/users/{gone['id']}", {"active": False}, version=1)
    assert left.status_code == 200
    told = set()
    for email, password in (
        ("anna@example.com", "wrong"), ("nobody@example.com", PASSWORD),
        ("bare@example.com", ""), ("gone@example.com", PASSWORD),
    ):  # fmt: skip
        reply = await Browser(office).sign_in(email, password)
        assert reply.status_code == 422
        assert reply.headers.get("set-cookie") is None
        alert = reply.text.partition('role="alert">')[2].partition("<")[0]
        told.add(alert)
        assert f'value="{email}"' in reply.text
        assert PASSWORD not in reply.text
    assert told == {"E-mail or password is wrong. Check both and try again."}
    assert await sessions(office) == []


@pytest.mark.parametrize(
    "wish",
    [
        "//evil.test", "/\\evil.test", "https:evil.test", "https://evil.test",
        "javascript:alert(1)", "/\t/evil.test", "/a\nb", "\\/evil.test", "", "x",
    ],
)  # fmt: skip
async def test_nobody_is_sent_elsewhere(office: Office, wish: str) -> None:
    anna = await office.person("anna")
    await give_password(office, anna.id)
    browser = Browser(office)
    shown = await browser.http.get("/sign-in", params={"next": wish})
    assert 'name="next" value="/"' in shown.text
    reply = await browser.sign_in("anna@example.com", next=wish)
    assert (reply.status_code, reply.headers["location"]) == (303, "/")
    again = await browser.http.get("/sign-in", params={"next": wish})
    assert (again.status_code, again.headers["location"]) == (303, "/")


async def test_who_is_not_signed_in_comes_back_to_where_he_was(office: Office) -> None:
    browser = Browser(office)
    reply = await browser.get("/settings/me?a=1&b=2")
    door = "/sign-in?next=/settings/me%3Fa%3D1%26b%3D2"
    assert (reply.status_code, reply.headers["location"]) == (303, door)
    any_kind = await browser.http.get("/settings/me?a=1&b=2", headers={"Accept": "*/*"})
    assert (any_kind.status_code, any_kind.headers["location"]) == (303, door)
    program = await browser.http.get("/settings/me", headers={"Accept": "application/json"})
    assert (program.status_code, program.json()["type"]) == (401, "/problems/unauthorized")
    here = {**HTMX, "HX-Current-URL": "http://voronka.test/settings/me?a=1&b=2"}
    asked = await browser.http.get("/settings/me", headers=here)
    assert (asked.status_code, asked.content) == (401, b"")
    told = json.loads(asked.headers["hx-trigger"])
    assert (told["toast"]["door"], told["out"]) == (door, True)
    assert "hx-redirect" not in asked.headers
    assert (await browser.get("/")).headers["location"] == "/sign-in"


async def test_signing_out_ends_the_session(office: Office) -> None:
    browser = await at_browser(office, "anna")
    secret = browser.http.cookies["voronka"]
    reply = await browser.post("/sign-out", {})
    assert (reply.status_code, reply.headers["location"]) == (303, "/sign-in")
    assert await sessions(office) == []
    browser.http.cookies.set("voronka", secret, domain="voronka.test")
    assert (await browser.get("/settings/me")).status_code == 303


async def test_sessions_end_with_the_password_the_role_and_the_user(office: Office) -> None:
    admin = await office.person("boss", "admin")
    for change in ({"role": "head"}, {"active": False}):
        browser = await at_browser(office, f"anna{len(change)}{next(iter(change))}")
        me = await browser.get("/settings/me")
        assert me.status_code == 200
        email = me.text.partition('<p class="sm muted">')[2].partition("<")[0]
        user = (await admin.get("/users", email=email)).json()["items"][0]
        assert (await admin.patch(f"/users/{user['id']}", change, version=1)).status_code == 200
        assert (await browser.get("/settings/me")).status_code == 303
    assert await sessions(office) == []


async def test_a_new_password_leaves_this_browser_alone_signed_in(office: Office) -> None:
    here = await at_browser(office, "anna")
    there = Browser(office)
    await there.sign_in("anna@example.com")
    wrong = await here.post("/settings/me/password", {"old": "wrong", "new": "something new"})
    assert (wrong.status_code, len(await sessions(office))) == (422, 2)
    reply = await here.post("/settings/me/password", {"old": PASSWORD, "new": "something new"})
    assert reply.status_code == 303
    assert (await here.get("/settings/me")).status_code == 200
    assert (await there.get("/settings/me")).status_code == 303
    assert (await Browser(office).sign_in("anna@example.com")).status_code == 422
    assert (await there.sign_in("anna@example.com", "something new")).status_code == 303


async def test_a_session_ends_after_a_week_of_rest_and_after_a_month(office: Office) -> None:
    idle = await at_browser(office, "anna")
    busy = Browser(office)
    await busy.sign_in("anna@example.com")
    for turn in range(5):
        office.later(days=6)
        assert (await busy.get("/settings/me")).status_code == (200 if turn < 4 else 303)
        if turn == 1:
            assert (await idle.get("/settings/me")).status_code == 303


async def test_every_page_carries_the_headers(office: Office) -> None:
    browser = await at_browser(office, "anna")
    replies: list[httpx.Response] = [
        await Browser(office).get("/sign-in"), await Browser(office).get("/settings/me"),
        await browser.get("/settings/me"), await browser.get("/nowhere"),
        await browser.get("/settings/me", HX_Request="true"),
        await browser.post("/settings/me/look", {"theme": "pink"}),
    ]  # fmt: skip
    for reply in replies:
        assert reply.headers["content-security-policy"] == CSP
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "same-origin"
        assert reply.headers["cache-control"] == "private, no-cache"
        assert "HX-Request" in reply.headers["vary"]
        assert not {"<style", " style=", "onclick", "<script>"} & set(reply.text.split())
