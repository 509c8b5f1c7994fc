"""The pages of clients: found, read with all that is theirs, handed over, merged."""

import json
import re
from typing import Any

import pytest

from tests.factories.cards import new_deal, new_renewal
from tests.factories.tasks import new_task
from tests.office import Office
from tests.routes.web.person import HTMX
from tests.routes.web.sellers import toast
from tests.routes.web.test_card_page import seated, text_of

pytestmark = pytest.mark.anyio


async def test_clients_are_found_as_far_as_one_may_see_them(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    await office.client(anna, "Acme")
    await office.client(anna, "Borealis")
    await office.client(boris, "Not hers")
    browser = await seated(office, "anna", anna)
    page = await browser.get("/clients")
    assert page.status_code == 200, page.text
    seen = text_of(page.text)
    assert "Clients 2" in seen
    assert "Not hers" not in seen
    rows = await browser.get("/clients?q=bore", **HTMX)
    assert "Borealis" in rows.text
    assert 'hx-swap-oob="true">1</span>' in rows.text
    assert "Acme" not in rows.text
    assert "Nobody is found" in text_of((await browser.get("/clients?q=not", **HTMX)).text)


async def test_a_client_has_everything_on_one_page(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna, "Acme")
    deal = await new_deal(anna, client_id=acme, title="Twelve seats")
    renewal = await new_renewal(anna, client_id=acme)
    contact = {"client_id": acme, "name": "Vera Orlova", "phone": "+7 900 1"}
    await anna.post("/contacts", contact)
    browser = await seated(office, "anna", anna)
    seen = text_of((await browser.get(f"/clients/{acme}")).text)
    for told in (deal["number"], renewal["number"], "Vera Orlova", "9 May 2026", "the card was"):
        assert told in seen, told
    note = {"what": "note", "text": "Prefers letters"}
    reply = await browser.post(f"/clients/{acme}/notes", note, **HTMX)
    assert "Prefers letters" in text_of(reply.text)
    (made,) = (await anna.get("/activities")).json()["items"]
    assert (made["client_id"], made["card_id"]) == (acme, None)
    moves = text_of((await browser.get(f"/clients/{acme}/line?only=moves", **HTMX)).text)
    assert deal["number"] in moves
    assert "Prefers letters" not in moves


async def test_a_double_is_merged_and_a_client_handed_over(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    acme, double = await office.client(anna, "Acme"), await office.client(anna, "Acme Ltd")
    deal = await new_deal(anna, client_id=double)
    browser = await seated(office, "anna", anna)
    path = f"/clients/{acme}"
    alike = (await browser.get(f"{path}/merge", **HTMX)).text
    assert f'value="{double}" required>Acme Ltd' in alike
    other = await office.client(anna, "Borealis")
    searched = (await browser.get(f"{path}/merge?q=bore", **HTMX)).text
    assert re.findall(r'name="other_id" value="(\d+)"', searched) == [str(other)]
    assert "<form" not in searched
    merged = await browser.post(f"{path}/merge", {"version": 1, "other_id": double}, **HTMX)
    assert deal["number"] in text_of(merged.text)
    assert (await browser.get(f"/clients/{double}")).status_code == 404
    version = (await anna.get(path)).json()["version"]
    stale = await browser.post(f"{path}/transfer", {"version": 1, "owner_id": boris.id}, **HTMX)
    assert stale.status_code == 412
    form = {"version": version, "owner_id": boris.id, "note": "Yours"}
    given = await browser.post(f"{path}/transfer", form, **HTMX)
    assert f'hx-get="{path}/sheet" hx-trigger="returned from:document"' in given.text
    assert (await browser.get(path)).status_code == 404


async def test_a_client_given_away_comes_back_with_all_that_went_along(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    boss = await office.person("boss", "admin")
    acme = await office.client(anna, "Acme")
    deal, renewal = await new_deal(anna, client_id=acme), await new_renewal(anna, client_id=acme)
    task = await new_task(anna, client_id=acme)
    own = await new_deal(boss, client_id=acme, owner_id=boris.id)
    browser, path = await seated(office, "anna", anna), f"/clients/{acme}"
    held = {
        path: "owner_id", f"/deals/{deal['id']}": "owner_id", f"/tasks/{task['id']}": "assignee_id",
        f"/renewals/{renewal['id']}": "owner_id",
        f"/agreements/{renewal['agreement_id']}": "owner_id",
    }  # fmt: skip

    async def whose() -> set[int]:
        assert (await boss.get(f"/deals/{own['id']}")).json()["owner_id"] == boris.id
        return {(await boss.get(one)).json()[field] for one, field in held.items()}

    async def given(version: int) -> dict[str, Any]:
        office.later(minutes=1)
        sent = {"version": version, "owner_id": boris.id}
        told = toast(await browser.post(f"{path}/transfer", sent, **HTMX))
        assert (told["undo"], await whose()) == ("/clients/transfer/undo", {boris.id})
        return told

    told = await given(1)
    his = await seated(office, "boris", boris)
    assert (await his.post(told["undo"], told["values"], **HTMX)).status_code == 409
    back = await browser.post(told["undo"], told["values"], **HTMX)
    assert (toast(back)["text"], await whose()) == ("Acme: taken back", {anna.id})
    assert json.loads(back.headers["hx-trigger"])["returned"]
    told = await given(3)
    await his.post(f"/deals/{deal['id']}/opened", {}, **HTMX)
    before = await office.counts()
    touched = await browser.post(told["undo"], told["values"], **HTMX)
    assert (touched.status_code, await office.counts(), await whose()) == (409, before, {boris.id})
    assert toast(touched)["text"].startswith(f"D-{deal['id']}: ")
    office.later(minutes=11)
    late = await browser.post(told["undo"], told["values"], **HTMX)
    assert "10 minutes" in toast(late)["text"]


async def test_a_client_is_edited_in_place_and_it_is_told_who_did_it(office: Office) -> None:
    anna, boss = await office.person("anna"), await office.person("boss", "admin")
    acme = await office.client(anna, "Acme")
    browser, path = await seated(office, "anna", anna), f"/clients/{acme}"
    form = await browser.get(f"{path}/fields/phone", **HTMX)
    assert ('name="version" value="1"' in form.text, 'type="tel"' in form.text) == (True, True)
    given = {"version": 1, "value": "+7 900 1"}
    done = await browser.post(f"{path}/fields/phone", given, **HTMX)
    assert (done.status_code, "+7 900 1" in done.text) == (200, True)
    wrong = await browser.post(f"{path}/fields/email", {"version": 2, "value": "no"}, **HTMX)
    assert (wrong.status_code, wrong.headers["HX-Retarget"]) == (422, "#f-email")
    assert 'value="no"' in wrong.text
    await boss.patch(path, {"source": "website"}, 2)
    late = await browser.post(f"{path}/fields/tax_id", {"version": 2, "value": "77"}, **HTMX)
    assert (late.status_code, toast(late)["tone"]) == (412, "bad")
    assert toast(late)["text"].startswith("Acme was changed just now: boss.")
    assert "Website" in late.text
    told = text_of((await browser.get(f"{path}/line?only=moves", **HTMX)).text)
    assert "Phone – → +7 900 1" in told
    assert "Source – → Website" in told
    found = (await anna.get(path)).json()
    assert (found["phone"], found["tax_id"], found["version"]) == ("+7 900 1", None, 3)


async def test_a_client_and_his_people_come_go_and_come_back(office: Office) -> None:
    anna = await office.person("anna")
    browser = await seated(office, "anna", anna)
    await browser.get("/clients/new", **HTMX)
    made = await browser.post("/clients", {"name": "Acme", "phone": "+7 900 1"}, **HTMX)
    path = made.headers["HX-Redirect"]
    await browser.get(f"{path}/contacts/new", **HTMX)
    vera = {"name": "Vera", "job_title": "Director", "phone": "", "is_primary": "true"}
    assert (await browser.post(f"{path}/contacts", vera, **HTMX)).status_code == 200
    (one,) = (await anna.get("/contacts")).json()["items"]
    assert (one["name"], one["job_title"], one["phone"], one["is_primary"]) == (
        "Vera", "Director", None, True,
    )  # fmt: skip
    person = f"/contacts/{one['id']}"
    assert 'value="Director"' in (await browser.get(person, **HTMX)).text
    changed = {"name": "Vera Orlova", "phone": "+7 900 2", "version": 1}
    assert (await browser.post(person, changed, **HTMX)).status_code == 200
    blind = {"name": "Vera Petrova"}  # nobody knows which Vera was read
    assert (await browser.post(person, blind, **HTMX)).status_code == 400
    stale = await browser.post(person, changed, **HTMX)
    assert (stale.status_code, toast(stale)["tone"]) == (412, "bad")
    assert "Vera Orlova" in (await browser.get(path)).text
    gone = await browser.post(f"{person}/delete", {"version": 2}, **HTMX)
    assert "Vera Orlova" not in (await browser.get(path)).text
    back = await browser.post(toast(gone)["undo"], toast(gone)["values"], **HTMX)
    assert back.status_code == 200
    assert "Vera Orlova" in (await browser.get(path)).text
    deleted = await browser.post(f"{path}/delete", {"version": 1}, **HTMX)
    assert toast(deleted) == {
        "text": "Acme was deleted", "tone": "", "undo": f"{path}/restore", "values": {"version": 0},
    }  # fmt: skip
    assert (await browser.get(path)).status_code == 404
    again = await browser.post(f"{path}/restore", {}, **HTMX)
    assert again.headers["HX-Redirect"] == path
    assert "the client was made" in text_of((await browser.get(path)).text)
    deal = await new_deal(anna, client_id=int(path.rpartition("/")[2]))
    version = (await anna.get(path)).json()["version"]
    kept = await browser.post(f"{path}/delete", {"version": version}, **HTMX)
    assert (kept.status_code, deal["state"]) == (409, "open")


async def test_a_foreign_client_does_not_exist(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    acme = await office.client(anna)
    stranger = await seated(office, "boris", boris)
    before = await office.counts()
    for way in ("", "/sheet", "/line", "/transfer", "/merge", "/fields/phone", "/contacts/new"):
        assert (await stranger.get(f"/clients/{acme}{way}", **HTMX)).status_code == 404, way
    posts: dict[str, dict[str, object]] = {
        "/notes": {"what": "note", "text": "x"},
        "/next": {"days": 1},
        "/tasks/1": {"version": 1},
        "/transfer": {"version": 1, "owner_id": boris.id},
        "/merge": {"version": 1, "other_id": acme},
        "/fields/phone": {"version": 1, "value": "1"},
        "/contacts": {"name": "Somebody"},
        "/delete": {"version": 1},
        "/restore": {},
    }
    for way, form in posts.items():
        reply = await stranger.post(f"/clients/{acme}{way}", form, **HTMX)
        assert reply.status_code in (404, 400), way
    assert await office.counts() == before
