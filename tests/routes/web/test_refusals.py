"""Refusals in the browser: the true status, a toast for htmx, a quiet page else."""

import json

import pytest

from tests.office import Office
from tests.routes.web.person import HTMX, Browser, at_browser

pytestmark = pytest.mark.anyio


async def test_htmx_gets_the_status_and_a_toast(office: Office) -> None:
    browser = await at_browser(office, "anna")
    headers = {**HTMX, "X-CSRF-Token": browser.csrf}
    form = {"name": "Anna", "locale": "en", "version": "9"}
    reply = await browser.http.post("/settings/me", data=form, headers=headers)
    assert (reply.status_code, reply.content) == (412, b"")
    assert reply.headers["hx-reswap"] == "none"
    (told,) = json.loads(reply.headers["hx-trigger"]).values()
    assert told["tone"] == "bad"
    assert told["text"]


async def test_toasts_are_in_the_language_of_who_reads_them(office: Office) -> None:
    browser = await at_browser(office, "anna")
    await browser.post("/settings/me", {"name": "Анна", "locale": "ru", "version": "1"})
    headers = {**HTMX, "X-CSRF-Token": browser.csrf}
    form = {"old": "wrong", "new": "something new"}
    reply = await browser.http.post("/settings/me/password", data=form, headers=headers)
    assert reply.headers["hx-trigger"].isascii()
    told = json.loads(reply.headers["hx-trigger"])["toast"]
    assert (reply.status_code, told["text"]) == (422, "Нынешний пароль неверен")


async def test_a_navigation_gets_a_page_and_a_program_a_problem(office: Office) -> None:
    browser = Browser(office)
    shown = await browser.get("/nowhere", X_Request_Id="r-1", Accept_Language="ru,en;q=0.5")
    assert (shown.status_code, shown.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>Здесь ничего нет</h1>" in shown.text
    assert "Запрос r-1" in shown.text
    plain = await browser.http.get("/nowhere", headers={"Accept": "application/json"})
    api = await browser.get("/api/v1/nowhere")
    for reply in (plain, api):
        assert (reply.status_code, reply.json()["type"]) == (404, "/problems/not_found")
    wrong = await browser.http.request("DELETE", "/sign-in")
    assert (wrong.status_code, wrong.headers["content-type"]) == (405, "text/html; charset=utf-8")
    assert wrong.headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def test_what_went_wrong_inside_is_not_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await at_browser(office, "anna")
    monkeypatch.setattr("backend.domain.users.queries.me", None)
    reply = await browser.get("/settings/me")
    assert reply.status_code == 500
    assert "Something went wrong" in reply.text
    assert "NoneType" not in reply.text
