"""The settings in the browser: what an admin writes there holds at once, everywhere."""

import re
from typing import Any

import httpx
import pytest

from backend.domain.access import ADMIN_SCOPES
from backend.routes.policy import POLICY
from backend.routes.web.settings import tokens
from tests.office import Office, Person
from tests.routes.web.person import HTMX, Browser, at_browser

pytestmark = pytest.mark.anyio


@pytest.fixture
async def admin(office: Office) -> Person:
    return await office.person("boss", "admin")


@pytest.fixture
async def browser(office: Office) -> Browser:
    return await at_browser(office, "anna", "admin")


async def sales(admin: Person) -> dict[str, Any]:
    found = (await admin.get("/pipelines", key="sales")).json()["items"]
    return dict(found[0])


async def sent(browser: Browser, path: str, form: dict[str, Any]) -> httpx.Response:
    """As htmx sends a form."""
    headers = {**HTMX, "X-CSRF-Token": browser.csrf}
    return await browser.http.post(path, data=form, headers=headers)


def stage_form(stage: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "version": stage["version"], "name_ru": stage["names"]["ru"], "name_en": "Needs",
        "meaning_ru": "", "meaning_en": "Known", "instructions_ru": "", "instructions_en": "Ask",
        "probability": "35", "rot_days": "", "required_fields": ["amount", "client_id"], **more,
    }  # fmt: skip


async def test_a_stage_is_written_and_the_list_shows_it(browser: Browser, admin: Person) -> None:
    pipeline = await sales(admin)
    stage = pipeline["stages"][0]
    path = f"/settings/pipelines/{pipeline['id']}/stages/{stage['id']}"
    shown = await browser.get(path, HX_Request="true")
    assert shown.status_code == 200
    assert f'name="version" value="{stage["version"]}"' in shown.text
    reply = await sent(browser, path, stage_form(stage))
    assert reply.status_code == 200, reply.text
    assert "<b>Needs</b>" in reply.text
    assert reply.headers["hx-trigger"] == ('{"done": true, "toast": {"text": "Saved", "tone": ""}}')
    now = (await admin.get(f"/pipelines/{pipeline['id']}/stages/{stage['id']}")).json()
    assert now["names"] == {"ru": stage["names"]["ru"], "en": "Needs"}
    assert (now["meanings"]["en"], now["instructions_in"]["en"]) == ("Known", "Ask")
    assert (now["probability"], now["rot_days"]) == (35, None)
    assert now["required_fields"] == ["amount", "client_id"]
    stale = await sent(browser, path, stage_form(stage, name_en="Late"))
    assert stale.status_code == 412


async def test_stages_change_places(browser: Browser, admin: Person) -> None:
    pipeline = await sales(admin)
    first, second = pipeline["stages"][:2]
    path = f"/settings/pipelines/{pipeline['id']}/stages/{second['id']}/place"
    reply = await sent(browser, path, {"position": "1", "version": second["version"]})
    assert reply.status_code == 200
    places = re.findall(r"stages/(\d+)/place\" data-version", reply.text)
    assert [int(one) for one in places[:2]] == [second["id"], first["id"]]
    now = await sales(admin)
    assert now["version"] > pipeline["version"]  # the form beside the list goes on with it
    assert f'data-before="{pipeline["version"]}" data-version="{now["version"]}"' in reply.text
    assert [one["id"] for one in now["stages"][:2]] == [second["id"], first["id"]]


async def test_a_stage_is_added_and_goes_with_a_place_for_its_cards(
    office: Office, browser: Browser, admin: Person
) -> None:
    pipeline = await sales(admin)
    base = f"/settings/pipelines/{pipeline['id']}/stages"
    assert (await browser.get(f"{base}/new", HX_Request="true")).status_code == 200
    reply = await sent(browser, base, {"key": "demo", "kind": "open", "name": "Demo"})
    assert reply.status_code == 200, reply.text
    stages = (await sales(admin))["stages"]
    made = next(one for one in stages if one["key"] == "demo")
    acme = await office.client(admin)
    body = {"title": "Deal", "client_id": acme, "stage": "demo"}
    deal = (await admin.post("/deals", body)).json()
    asked = await browser.get(f"{base}/{made['id']}/delete", HX_Request="true")
    assert "1 card stands here. It goes to:" in asked.text
    assert f'value="{made["id"]}"' not in asked.text
    form = {"move_to": stages[0]["id"], "version": made["version"]}
    gone = await sent(browser, f"{base}/{made['id']}/delete", form)
    assert gone.status_code == 200, gone.text
    assert "Demo" not in gone.text
    assert (await admin.get(f"/deals/{deal['id']}")).json()["stage_id"] == stages[0]["id"]


async def test_a_reason_gets_a_limit_and_is_archived(browser: Browser, admin: Person) -> None:
    pipeline = await sales(admin)
    listed = (await admin.get(f"/pipelines/{pipeline['id']}/reasons")).json()["items"]
    path = f"/settings/pipelines/{pipeline['id']}/reasons/{listed[0]['id']}"
    assert (await browser.get(path, HX_Request="true")).status_code == 200
    form = {
        "version": listed[0]["version"], "name_ru": "Дорого", "name_en": "Too dear",
        "group": "refused", "churn": "", "ask": "comment", "ask_required": "true",
        "limit_percent": "12.5", "streak": "", "archived": "true",
    }  # fmt: skip
    reply = await sent(browser, path, form)
    assert reply.status_code == 200, reply.text
    assert "archived" in reply.text
    now = (await admin.get(f"/pipelines/{pipeline['id']}/reasons/{listed[0]['id']}")).json()
    assert (now["limit_percent"], now["archived"], now["streak"]) == ("12.50", True, None)
    assert (now["ask"], now["ask_required"], now["churn"]) == ("comment", True, None)


async def test_a_pipeline_is_made_and_switched_off(browser: Browser, admin: Person) -> None:
    form = {"kind": "deal", "key": "partners", "name": "Partners"}
    made = await browser.post("/settings/pipelines", form)
    assert made.status_code == 303
    assert (await browser.get(made.headers["location"])).status_code == 200
    taken = await browser.post("/settings/pipelines", form)
    assert taken.status_code == 409
    own = {
        "version": "1", "name_ru": "Партнёры", "name_en": "Partners", "renewal_on_win": "off",
        "conversion_warning": "",
    }  # fmt: skip
    assert (await browser.post(made.headers["location"], own)).status_code == 303
    now = (await admin.get("/pipelines", key="partners")).json()["items"][0]
    assert (now["active"], now["renewal_on_win"], now["names"]["ru"]) == (False, "off", "Партнёры")
    assert now["conversion_warning"] is None


async def test_people_are_hired_led_and_leave(browser: Browser, admin: Person) -> None:
    shown = await browser.get("/settings/people/users/new", HX_Request="true")
    assert shown.status_code == 200
    form = {
        "name": "Vera", "email": "vera@example.com", "role": "head", "locale": "en",
        "team_id": "", "active": "true",
    }  # fmt: skip
    assert (await sent(browser, "/settings/people/users", form)).headers["hx-redirect"]
    vera = (await admin.get("/users", email="vera@example.com")).json()["items"][0]
    assert (vera["role"], vera["active"], vera["team_id"]) == ("head", True, None)
    made = await sent(browser, "/settings/people/teams", {"name": "North", "heads": [vera["id"]]})
    assert made.status_code == 200
    team = (await admin.get("/teams")).json()["items"][0]
    assert (team["name"], team["heads"]) == ("North", [vera["id"]])
    path = f"/settings/people/users/{vera['id']}"
    assert "vera@example.com" in (await browser.get(path, HX_Request="true")).text
    given = await sent(browser, f"{path}/password", {"password": "a long password"})
    assert (given.status_code, "hx-redirect" in given.headers) == (200, False)
    assert "The password is set" in given.headers["hx-trigger"]
    hers = Browser(browser.office)
    assert (await hers.sign_in("vera@example.com", "a long password")).status_code == 303
    acme = (await admin.post("/clients", {"name": "Acme", "owner_id": vera["id"]})).json()
    left = {**form, "version": "2", "team_id": str(team["id"])}
    del left["active"]
    refused = await sent(browser, path, left)
    assert (refused.status_code, "clients (1)" in refused.headers["hx-trigger"]) == (409, True)
    asked = (await browser.get(path, HX_Request="true")).text
    assert "0 open or waiting cards, 1 client, 0 running agreements" in asked
    others = re.findall(r'<option value="(\d+)"', asked.split('name="hand_over_to"')[1])
    assert str(admin.id) in others
    assert str(vera["id"]) not in others
    going = {"hand_over_to": str(admin.id), "hand_over_note": "Calls on Mondays"}
    assert (await sent(browser, path, {**left, **going})).status_code == 200
    now = (await admin.get(f"/users/{vera['id']}")).json()
    assert (now["active"], now["team_id"]) == (False, team["id"])
    assert (await admin.get(f"/clients/{acme['id']}")).json()["owner_id"] == admin.id
    assert 'name="hand_over_to"' not in (await browser.get(path, HX_Request="true")).text
    assert (await hers.get("/settings/me")).status_code == 303


async def test_a_token_is_shown_once_and_revoked(office: Office, browser: Browser) -> None:
    form = {"name": "BI", "scopes": ["cards:read", "reports:read"], "until": ""}
    made = await sent(browser, "/settings/tokens", form)
    assert made.headers["cache-control"] == "no-store"
    secret = re.search(r'class="secret"[^>]*>(vk_[\w-]+)<', made.text)
    assert secret is not None
    listed = await browser.get("/settings/tokens")
    assert secret[1] not in listed.text
    assert f"<code>{secret[1][:11]}…</code>" in listed.text
    path = re.search(r'action="(/settings/tokens/\d+/revoke)"', listed.text)
    assert path is not None
    bearer = {"Authorization": f"Bearer {secret[1]}", "Accept": "application/json"}
    me = "http://voronka.test/api/v1/me"
    stranger = Browser(office)
    assert (await stranger.http.get(me, headers=bearer)).status_code == 200
    assert (await sent(browser, path[1], {"version": "1"})).status_code == 200
    assert (await stranger.http.get(me, headers=bearer)).status_code == 401
    boris = await at_browser(office, "boris")
    assert (await sent(boris, path[1], {"version": "2"})).status_code == 404
    nothing = await sent(browser, "/settings/tokens", {"name": "BI", "until": ""})
    assert "Choose what the token may do" in nothing.headers["hx-trigger"]


async def test_a_token_is_offered_what_it_can_open_in_the_hands_of_who_makes_it(
    office: Office, browser: Browser
) -> None:
    told = {rule.scope for rule in POLICY.values() if rule.scope is not None}
    assert set(tokens.MAY) == told
    for shown, missing in (
        (browser, set()), (await at_browser(office, "boris"), ADMIN_SCOPES),
        (await at_browser(office, "vera", "viewer"), {
            one for one in told if one in ADMIN_SCOPES or one.endswith((":write", ":intake"))
        }),
    ):  # fmt: skip
        page = (await shown.get("/settings/tokens")).text
        assert set(re.findall(r'name="scopes" value="([^"]+)"', page)) == told - missing


async def test_the_company_is_written_whole(browser: Browser, admin: Person) -> None:
    shown = await browser.get("/settings/company")
    fields = dict(re.findall(r'<input class="field"[^>]*name="(\w+)" value="([^"]*)"', shown.text))
    now = (await admin.get("/settings")).json()
    form = {
        **{name: value for name, value in fields.items() if name in now["details"]},
        "version": now["version"], "name": "Acme", "time_zone": "Asia/Almaty", "currency": "KZT",
        "locale": "en", "week_start": "7", "sweep_hour": "7", "grace_days": "10",
        "offer_validity": "P30D", "discount_limit": "12.50", "margin_floor": "20", "inn": "77",
        "days_off": ["05-09", "", "2027-05-10"], "working_days": ["", ""],
    }  # fmt: skip
    reply = await browser.post("/settings/company", form)
    assert reply.status_code == 303, reply.text
    for told_again in (True, False):  # in passing, and once
        assert ('data-said="Saved"' in (await browser.get("/today")).text) is told_again
    told = (await admin.get("/settings")).json()
    assert (told["name"], told["time_zone"], told["currency"]) == ("Acme", "Asia/Almaty", "KZT")
    assert (told["discount_limit"], told["days_off"]) == ("12.50", ["05-09", "2027-05-10"])
    assert (told["details"]["inn"], told["working_days"]) == ("77", [])
    wrong = await browser.post("/settings/company", {**form, "version": "2", "time_zone": "Mars"})
    assert wrong.status_code in (400, 422)
    assert "Mars" in wrong.text


async def test_who_is_no_admin_sees_his_own_settings_alone(office: Office) -> None:
    boris = await at_browser(office, "boris")
    assert (await boris.get("/settings")).headers["location"] == "/settings/me"
    shown = await boris.get("/settings/me")
    assert "/settings/tokens" in shown.text
    assert "/settings/people" not in shown.text
    assert (await boris.get("/settings/pipelines")).status_code == 403


async def test_what_is_asked_for_by_number_is_there_or_is_not(browser: Browser) -> None:
    for path in (
        "/settings/pipelines/999999", "/settings/pipelines/1/stages/999999",
        "/settings/pipelines/1/reasons/999999", "/settings/people/users/999999",
        "/settings/people/teams/999999",
    ):  # fmt: skip
        assert (await browser.get(path)).status_code == 404, path
