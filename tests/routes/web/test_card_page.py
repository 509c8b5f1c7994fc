"""The page of a card: what it shows, its fields edited in place, what is noted and done on it."""

import html
import json
import re
from typing import Any

import pytest

from tests.factories.cards import new_deal, new_lead, new_offer, new_renewal
from tests.factories.tasks import new_task
from tests.office import Office, Person
from tests.routes.api.chain import set_up
from tests.routes.web.person import HTMX, Browser, give_password

pytestmark = pytest.mark.anyio


def text_of(page: str) -> str:
    """What a reader sees."""
    bare = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(bare).split())


async def seated(office: Office, name: str, person: Person) -> Browser:
    """The browser of somebody who is there already, signed in."""
    await give_password(office, person.id)
    browser = Browser(office)
    await browser.sign_in(f"{name}@example.com")
    await browser.get("/settings/me")
    return browser


async def anna_at_work(office: Office) -> tuple[Person, Browser, dict[str, Any]]:
    """A manager, her browser, and a deal of hers with a client."""
    anna = await office.person("anna")
    browser = await seated(office, "anna", anna)
    acme = await office.client(anna)
    deal = await new_deal(anna, client_id=acme, title="Twelve seats", amount="4300000")
    return anna, browser, deal


async def test_a_card_is_a_page_and_a_drawer_at_one_address(office: Office) -> None:
    _, browser, deal = await anna_at_work(office)
    path = f"/deals/{deal['id']}"
    page = await browser.get(path)
    assert page.status_code == 200, page.text
    assert page.text.startswith("<!doctype html>")
    drawer = await browser.get(path, **HTMX)
    assert drawer.text.lstrip().startswith('<article class="sheet" id="card"')
    for told in (page, drawer):
        seen = text_of(told.text)
        for word in (deal["number"], "Acme", "Twelve seats", "4,300,000", "No task", "anna"):
            assert word in seen, word
    assert "HX-Request" in page.headers["vary"]


@pytest.mark.parametrize("kind", ["leads", "offers", "deals", "renewals"])
async def test_every_kind_of_card_has_its_page(office: Office, kind: str) -> None:
    anna, browser, deal = await anna_at_work(office)
    client_id = deal["client_id"]
    made = {
        "leads": lambda: new_lead(anna, phone="+7 900 000-00-00", need="Seats"),
        "offers": lambda: new_offer(anna, client_id=client_id),
        "deals": lambda: new_deal(anna, client_id=client_id),
        "renewals": lambda: new_renewal(anna, client_id=client_id),
    }
    card = await made[kind]()
    page = await browser.get(f"/{kind}/{card['id']}")
    assert page.status_code == 200, page.text
    assert card["number"] in text_of(page.text)


async def test_a_field_is_edited_where_it_stands(office: Office) -> None:
    anna, browser, deal = await anna_at_work(office)
    path = f"/deals/{deal['id']}/fields/amount"
    form = await browser.get(path, **HTMX)
    assert 'value="4300000.00"' in form.text
    reply = await browser.post(path, {"version": 1, "value": "5 100 000,50"}, **HTMX)
    assert reply.status_code == 200, reply.text
    assert "5,100,000.50" in text_of(reply.text)
    assert (await anna.get(f"/deals/{deal['id']}")).json()["amount"] == "5100000.50"
    before = await office.counts()
    wrong = await browser.post(path, {"version": 2, "value": "plenty"}, **HTMX)
    assert (wrong.status_code, wrong.headers["hx-retarget"]) == (422, "#f-amount")
    assert 'value="plenty"' in wrong.text
    assert 'role="alert"' in wrong.text
    late = await browser.post(path, {"version": 1, "value": "1"}, **HTMX)
    assert late.status_code == 412
    assert "just now: anna" in late.headers["hx-trigger"]
    assert "5,100,000.50" in text_of(late.text)
    assert (await browser.post(f"{path}x", {"version": 2, "value": "1"}, **HTMX)).status_code == 404
    assert await office.counts() == before


async def test_what_belongs_to_others_does_not_exist_or_is_not_touched(office: Office) -> None:
    anna, _, deal = await anna_at_work(office)
    boris = await office.person("boris")
    task = await new_task(anna, card_id=deal["id"])
    path = f"/deals/{deal['id']}"
    posts: dict[str, dict[str, Any]] = {
        "/fields/amount": {"version": 1, "value": "1"},
        "/notes": {"what": "note", "text": "x"},
        "/next": {"days": 1},
        f"/tasks/{task['id']}": {"version": 1},
        "/transfer": {"version": 1, "owner_id": boris.id},
        "/delete": {"version": 1},
        "/restore": {},
    }
    stranger = await seated(office, "boris", boris)
    viewer = await seated(office, "vera", await office.person("vera", "viewer"))
    before = await office.counts()
    for way in ("", "/sheet", "/line", "/fields/amount", "/transfer"):
        assert (await stranger.get(path + way, **HTMX)).status_code == 404, way
    for way, form in posts.items():
        assert (await stranger.post(path + way, form, **HTMX)).status_code == 404, way
    seen = (await viewer.get(path)).text
    assert "hx-post" not in seen
    for way, form in posts.items():
        assert (await viewer.post(path + way, form, **HTMX)).status_code == 403, way
    assert await office.counts() == before


async def test_a_task_is_done_and_the_next_step_is_asked_for(office: Office) -> None:
    anna, browser, deal = await anna_at_work(office)
    path = f"/deals/{deal['id']}"
    task = await new_task(anna, card_id=deal["id"], title="Ask for the estimate")
    assert "Ask for the estimate" in text_of((await browser.get(path)).text)
    put_off = await browser.post(f"{path}/tasks/{task['id']}", {"version": 1, "days": 7}, **HTMX)
    assert put_off.status_code == 200
    kept = (await anna.get(f"/tasks/{task['id']}")).json()
    assert (kept["due_at"], kept["done_at"]) == ("2026-03-17T15:00:00Z", None)
    stale = await browser.post(f"{path}/tasks/{task['id']}", {"version": 1}, **HTMX)
    assert stale.status_code == 412
    done = await browser.post(f"{path}/tasks/{task['id']}", {"version": 2}, **HTMX)
    assert "Done. Next step?" in text_of(done.text)
    assert (await anna.get(f"/tasks/{task['id']}")).json()["closed_by"] == "person"
    following = await browser.post(f"{path}/next", {"days": 1}, **HTMX)
    assert "Next step?" not in text_of(following.text)
    (found,) = (await anna.get("/tasks", done="false")).json()["items"]
    told = (found["kind"], found["title"], found["due_at"], found["card_id"])
    assert told == ("call", "Call", "2026-03-11T15:00:00Z", deal["id"])
    other = await new_deal(anna, client_id=deal["client_id"])
    alien = await browser.post(f"/deals/{other['id']}/tasks/{found['id']}", {"version": 1}, **HTMX)
    assert alien.status_code == 404


async def test_everything_that_happened_stands_in_one_line(office: Office) -> None:
    anna, browser, deal = await anna_at_work(office)
    path = f"/deals/{deal['id']}"
    office.later(minutes=1)
    await anna.post(f"{path}/move", {"stage": "offer"}, 1)
    office.later(minutes=1)
    call = {"what": "call", "text": "They want a discount", "direction": "in"}
    reply = await browser.post(f"{path}/notes", call, **HTMX)
    assert reply.status_code == 200, reply.text
    task = {"what": "task", "text": "Count it again", "days": 3}
    assert (await browser.post(f"{path}/notes", task, **HTMX)).status_code == 200
    seen = text_of((await browser.get(path)).text).partition("Everything")[2]
    places = [seen.index(word) for word in ("call from the client: They want", "→", "was made")]
    assert places == sorted(places)
    assert "Undo" in seen
    talks = text_of((await browser.get(f"{path}/line?only=talks", **HTMX)).text)
    assert "They want a discount" in talks
    assert "was made" not in talks
    empty = await browser.post(f"{path}/notes", {"what": "note", "text": " "}, **HTMX)
    assert empty.status_code == 400


async def test_a_card_is_handed_over_deleted_and_brought_back(office: Office) -> None:
    anna, browser, deal = await anna_at_work(office)
    boris = await office.person("boris")
    path = f"/deals/{deal['id']}"
    gone = await browser.post(f"{path}/delete", {"version": 1}, **HTMX)
    assert "Bring it back" in text_of(gone.text)
    assert (await browser.get(path)).status_code == 404
    back = await browser.post(f"{path}/restore", {}, **HTMX)
    assert back.headers["hx-redirect"] == path
    asked = await browser.get(f"{path}/transfer", **HTMX)
    assert f'value="{boris.id}">boris' in asked.text
    form = {"version": 3, "owner_id": boris.id, "note": "Yours"}
    given = await browser.post(f"{path}/transfer", form, **HTMX)
    assert given.status_code == 200, given.text
    told = json.loads(given.headers["hx-trigger"])
    assert told["toast"] == {
        "text": f"D-{deal['id']} → boris", "tone": "", "undo": "/deals/bulk/transfer/undo",
        "values": {"ids": str(deal["id"]), "vers": "4"},
    }  # fmt: skip
    assert told["done"]
    undone = await browser.post(told["toast"]["undo"], told["toast"]["values"], **HTMX)
    assert json.loads(undone.headers["hx-trigger"])["returned"]
    assert (await anna.get(path)).json()["owner_id"] == anna.id
    assert (await browser.post(f"{path}/transfer", form | {"version": 5}, **HTMX)).is_success
    his = await seated(office, "boris", boris)
    seen = text_of((await his.get(path)).text)
    assert "Handed over to you" in seen
    assert "handed over: anna → boris · Yours" in seen
    lead = f"/leads/{(await new_lead(anna))['id']}"
    away = await browser.post(f"{lead}/transfer", form | {"version": 1}, **HTMX)
    assert f'hx-get="{lead}/sheet" hx-trigger="returned from:document"' in away.text
    assert (await browser.get(lead)).status_code == 404


async def test_a_renewal_says_why_it_is_not_in_work_yet(office: Office) -> None:
    anna, browser, deal = await anna_at_work(office)
    renewal = await new_renewal(anna, client_id=deal["client_id"])
    path = f"/renewals/{renewal['id']}"
    seen = text_of((await browser.get(path)).text)
    formula = "Renewal 9 May 2026 − 1 month (of the funnel) = 9 Apr 2026"
    assert "Why it is not in work yet" in seen
    assert formula in seen
    started = await browser.post(f"{path}/activate", {"version": 1}, **HTMX)
    assert "Taken into work earlier by hand" in text_of(started.text)
    reasons = (await browser.get(f"{path}/reschedule", **HTMX)).text
    reason = re.findall(r'<option value="(\d+)">', reasons)[0]
    form = {"version": 2, "renewal_date": "2026-05-20", "reason": reason}
    later = text_of((await browser.post(f"{path}/reschedule", form, **HTMX)).text)
    assert "Renewal 20 May 2026 − 1 month (of the funnel) = 20 Apr 2026" in later
    assert "Moved 1 time; at first it was 9 May 2026" in later


async def test_lines_are_added_changed_and_taken_out(office: Office) -> None:
    """Of a deal and of an offer alike, all under the version of the card."""
    anna, browser, deal = await anna_at_work(office)
    boss = await office.person("boss", "admin")
    seat = (await boss.post("/products", {"name": "Seat", "price": "100"})).json()["id"]
    offer = await new_offer(anna, client_id=deal["client_id"])
    path = f"/deals/{deal['id']}"
    asked = await browser.get(f"{path}/lines/1", **HTMX)
    assert f'name="product_id" value="{seat}" required>Seat' in asked.text
    assert "Seat" not in (await browser.get(f"{path}/lines/1?q=chair", **HTMX)).text
    first = {"product_id": seat, "quantity": "3", "price": "", "unit": "", "version": 1}
    added = await browser.post(f"{path}/lines/1", first, **HTMX)
    assert "Seat Change 3 × 100 ₽" in text_of(added.text).replace("\N{NO-BREAK SPACE}", " ")
    assert "Total 300" in text_of(added.text)
    assert json.loads(added.headers["HX-Trigger"])["done"] is True
    changed = {"quantity": "1 000,5", "price": "2", "unit": "pc", "version": 2}
    assert (await browser.post(f"{path}/lines/1", changed, **HTMX)).status_code == 200
    (line,) = (await anna.get(path)).json()["product_lines"]
    assert (line["product_id"], line["quantity"], line["unit"]) == (seat, "1000.500", "pc")
    before, gone = await office.counts(), {**changed, "remove": "true", "version": 3}
    late = await browser.post(f"{path}/lines/1", {**changed, "version": 2}, **HTMX)
    assert (late.status_code, "was changed just now" in late.headers["HX-Trigger"]) == (412, True)
    assert (await browser.post(f"{path}/lines/7", gone, **HTMX)).status_code == 404
    assert await office.counts() == before
    assert (await browser.post(f"{path}/lines/1", gone, **HTMX)).status_code == 200
    assert (await anna.get(path)).json()["product_lines"] == []
    path = f"/offers/{offer['id']}"
    there = len((await anna.get(path)).json()["lines"])
    words = {"description": "Set up", "quantity": "2", "price": "50", "discount_percent": "10"}
    more = {**words, "product_id": "", "version": offer["version"]}
    shown = await browser.post(f"{path}/lines/{there + 1}", more, **HTMX)
    assert shown.status_code == 200, shown.text
    found = (await anna.get(path)).json()
    last = found["lines"][-1]
    assert (last["description"], last["total"]) == ("Set up", "90.00")
    assert len(found["lines"]) == there + 1
    assert f"Total {float(found['total']):.0f}" in text_of(shown.text)


async def test_a_lost_renewal_opens_one_win_back_card(office: Office) -> None:
    """The dialog has everything filled in; both cards lead to each other; one at a time."""
    chain = await set_up(office)
    lost = await chain.lost(await chain.renewal(title="Support", amount="1200.50"))
    boss = await office.person("boss", "admin")
    assert (await boss.post("/pipelines", {"template": "winback"})).status_code == 201
    anna = await seated(office, "anna", chain.anna)
    here = f"/renewals/{lost['id']}"
    assert f'hx-get="{here}/win-back"' in (await anna.get(here)).text
    dialog = (await anna.get(f"{here}/win-back", **HTMX)).text
    home = re.search(r'<option value="(\d+)">Win-back</option>', dialog)
    assert home is not None
    assert dialog.index(home[0]) == dialog.index("<option")
    assert 'value="Support"' in dialog
    assert 'value="1200.50"' in dialog
    form = {"title": "Come back", "pipeline": home[1], "amount": "1 200,50"}
    wrong = await anna.post(f"{here}/win-back", {**form, "amount": "much"})
    assert wrong.status_code == 400
    sent = await anna.post(f"{here}/win-back", form)
    assert sent.status_code == 303, sent.text
    made = (await chain.anna.get(sent.headers["location"])).json()
    assert [made[name] for name in ("win_back_of", "amount", "client_id", "stage_key")] == [
        lost["id"], "1200.50", chain.client_id, "left",
    ]  # fmt: skip
    page = (await anna.get(here)).text
    assert f'href="/deals/{made["id"]}"' in page
    assert "/win-back" not in page
    back = await anna.get(f"/deals/{made['id']}")
    seen = text_of(back.text)
    assert f"Wins back what was lost: {lost['number']} Support" in seen
    assert f"the card was made: Left · because of {lost['number']}" in seen
    again = await anna.post(f"{here}/win-back", form)
    assert again.status_code == 409
    assert f"{made['number']} is open already" in text_of(again.text)
