"""A pipeline closed to a role: for its people neither it nor any of its cards exists, anywhere."""

from typing import Any

import pytest

from tests.factories.pipelines import new_pipeline
from tests.office import Office, Person
from tests.routes.web.person import Browser, at_browser, give_password

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chief(office: Office) -> Person:
    return await office.person("chief", "admin")


async def close(chief: Person, pipeline_id: int, *roles: str) -> Any:
    found = await chief.get(f"/pipelines/{pipeline_id}")
    body = {"closed_to": list(roles)}
    return await chief.patch(f"/pipelines/{pipeline_id}", body, found.json()["version"])


async def hidden(office: Office, chief: Person, anna: Person) -> tuple[int, dict[str, Any]]:
    """A closed pipeline with a deal of anna's, on a client of hers."""
    home = await new_pipeline(office, "secret", ["one", "two"])
    acme = await office.client(anna)
    body = {"title": "Submarine", "client_id": acme, "pipeline": "secret", "amount": "100"}
    deal = (await anna.post("/deals", body)).json()
    written = await close(chief, home, "viewer", "manager", "manager")
    assert (written.status_code, written.json()["closed_to"]) == (200, ["manager", "viewer"])
    return home, deal


async def test_a_closed_pipelines_cards_are_in_no_list_search_report_or_feed(
    office: Office, chief: Person
) -> None:
    anna = await office.person("anna")
    home, deal = await hidden(office, chief, anna)
    number = deal["id"]
    task = {"title": "Call", "card_id": number, "due_at": "2026-04-01T10:00:00Z"}
    assert (await chief.post("/tasks", task)).status_code == 201
    empty: list[tuple[str, dict[str, Any]]] = [
        ("/deals", {}), ("/deals", {"q": "Submarine"}), ("/deals", {"pipeline": "secret"}),
        ("/tasks", {"card_id": number}),
    ]  # fmt: skip
    for path, params in empty:
        assert (await anna.get(path, **params)).json()["items"] == [], (path, params)
        if path == "/deals":
            assert len((await chief.get(path, **params)).json()["items"]) == 1
    assert [one["key"] for one in (await anna.get("/pipelines")).json()["items"]] == [
        "leads", "offers", "sales", "renewals",
    ]  # fmt: skip
    gone = [
        f"/deals/{number}", f"/deals/{number}/history", f"/pipelines/{home}",
        f"/pipelines/{home}/stages", f"/pipelines/{home}/reasons",
        f"/pipelines/{home}/stages/{deal['stage_id']}",
    ]  # fmt: skip
    for path in gone:
        assert (await anna.get(path)).status_code == 404, path
        assert (await chief.get(path)).status_code == 200, path
    for report in ("funnel", "reasons", "cycle-time", "forecast", "managers"):
        reply = await anna.get(f"/reports/{report}", pipeline="secret")
        assert reply.status_code == 404, report
    seen = (await anna.get("/events", limit=200)).json()["items"]
    assert [one for one in seen if one["kind"] in ("deal", "pipeline", "task")] == []
    assert {one["kind"] for one in (await chief.get("/events", limit=200)).json()["items"]} >= {
        "deal", "pipeline", "task",
    }  # fmt: skip
    assert (await anna.get(f"/clients/{deal['client_id']}")).status_code == 200  # his own client
    told = (await anna.get(f"/clients/{deal['client_id']}/timeline")).text
    assert "Submarine" not in told


async def test_who_reads_everything_reads_nothing_of_a_closed_pipeline(
    office: Office, chief: Person
) -> None:
    anna, vera = await office.person("anna"), await office.person("vera", "viewer")
    _, deal = await hidden(office, chief, anna)
    assert (await vera.get("/deals")).json()["items"] == []
    assert (await vera.get(f"/deals/{deal['id']}")).status_code == 404
    seen = (await vera.get("/events", limit=200)).json()["items"]
    assert [one for one in seen if one["kind"] in ("deal", "pipeline")] == []


async def test_nothing_is_put_into_a_closed_pipeline_and_the_default_is_one_that_is_seen(
    office: Office, chief: Person
) -> None:
    anna = await office.person("anna")
    home, deal = await hidden(office, chief, anna)
    body = {"title": "Boat", "client_id": deal["client_id"]}
    before = await office.counts()
    assert (await anna.post("/deals", {**body, "pipeline": "secret"})).status_code == 404
    assert (await anna.post("/deals", {**body, "pipeline": home})).status_code == 404
    move = {"stage": deal["stage_id"]}
    assert (await anna.post(f"/deals/{deal['id']}/move", move, 1)).status_code == 404
    boat = (await anna.post("/deals", body)).json()
    moved = await anna.post(f"/deals/{boat['id']}/move", move, 1)
    assert (moved.status_code, moved.json()["type"]) == (409, "/problems/move_refused")
    assert (await anna.delete(f"/deals/{boat['id']}", 1)).status_code == 204
    assert (await office.counts())["card"] == before["card"] + 1
    sales = (await chief.get("/pipelines", key="sales")).json()["items"][0]["id"]
    await close(chief, sales, "manager")
    await close(chief, home)
    again = (await anna.post("/deals", body)).json()
    assert again["pipeline_id"] == home


async def test_a_card_of_a_closed_pipeline_lends_no_client(office: Office, chief: Person) -> None:
    anna, ivan = await office.person("anna"), await office.person("ivan")
    home, deal = await hidden(office, chief, anna)
    row = {"title": "Raft", "client_id": deal["client_id"], "pipeline": "secret"}
    raft = (await chief.post("/deals", {**row, "owner_id": ivan.id})).json()
    assert raft["pipeline_id"] == home
    assert (await ivan.get(f"/clients/{deal['client_id']}")).status_code == 404
    await close(chief, home)
    assert (await ivan.get(f"/clients/{deal['client_id']}")).status_code == 200
    assert (await ivan.get(f"/deals/{raft['id']}")).status_code == 200


async def test_a_won_deal_renews_in_a_pipeline_its_seller_does_not_see(
    office: Office, chief: Person
) -> None:
    anna = await office.person("anna")
    renewals = (await chief.get("/pipelines", key="renewals")).json()["items"][0]
    await close(chief, renewals["id"], "manager")
    body = {"title": "Licence", "client_id": await office.client(anna), "amount": "10"}
    deal = (await anna.post("/deals", {**body, "renewal_period": "P1Y"})).json()
    won = await anna.post(f"/deals/{deal['id']}/move", {"stage": "won"}, 1)
    assert won.status_code == 200, won.text
    assert len((await chief.get("/renewals")).json()["items"]) == 1
    assert (await anna.get("/renewals")).json()["items"] == []
    await give_password(office, anna.id)
    browser = Browser(office)
    await browser.sign_in("anna@example.com")
    page = (await browser.get("/settings/me")).text
    assert ('href="/deals"' in page, 'href="/renewals"' in page) == (True, False)


async def test_only_roles_that_cannot_open_it_again_are_closed_out(
    office: Office, chief: Person
) -> None:
    home = await new_pipeline(office, "secret", ["one"])
    for role, text in (("admin", "sees every pipeline"), ("owner", "there is no role “owner”")):
        reply = await close(chief, home, "manager", role)
        assert reply.status_code == 422
        assert text in reply.json()["errors"][0]["detail"]
        assert reply.json()["errors"][0]["pointer"].startswith("/closed_to/")
    found = (await chief.get(f"/pipelines/{home}")).json()
    assert (found["closed_to"], found["version"]) == ([], 1)


async def test_a_board_shows_no_closed_pipeline_from_the_next_look_on(
    office: Office, chief: Person
) -> None:
    anna = await office.person("anna")
    home, _ = await hidden(office, chief, anna)
    await give_password(office, anna.id)
    browser = Browser(office)
    await browser.sign_in("anna@example.com")
    assert (await browser.get("/deals?p=secret")).status_code == 404
    assert "secret" not in (await browser.get("/deals")).text
    await close(chief, home)
    shown = await browser.get("/deals?p=secret")
    assert shown.status_code == 200
    assert "Submarine" in shown.text


async def test_an_admin_ticks_who_sees_a_pipeline(office: Office, chief: Person) -> None:
    browser = await at_browser(office, "boss", "admin")
    home = (await chief.get("/pipelines", key="sales")).json()["items"][0]
    path = f"/settings/pipelines/{home['id']}"
    page = (await browser.get(path)).text
    assert 'name="seen_by" value="manager" checked' in page
    assert 'value="admin"' not in page
    form = {
        "version": home["version"], "name_ru": "Продажи", "name_en": "Sales", "active": "true",
        "renewal_on_win": "off", "seen_by": ["head", "viewer"],
    }  # fmt: skip
    assert (await browser.post(path, form)).status_code == 303
    assert (await chief.get(f"/pipelines/{home['id']}")).json()["closed_to"] == ["manager"]
    assert 'name="seen_by" value="manager">' in (await browser.get(path)).text
