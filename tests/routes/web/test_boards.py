"""Boards in the browser: pages and patches, moves and refusals, what is typed in is only text."""

import html
import json
import re
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.factories.cards import new_deal, new_lead, new_offer
from tests.office import Office, Person
from tests.routes.web.person import HTMX, Browser, give_password

PAYLOADS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>",
    "</div><b hx-get=/sign-out>", "<i data-hx-post=/x hx-trigger=load>", "' hx-on:click='x",
    "{{ 7 * 7 }}", "</template><template hx type=partial>", "<base href=//evil>",
    "<form id=f action=//evil>", "javascript:alert(1)", "<i hx-swap-oob=true id=board>",
)  # fmt: skip


class Seller:
    """A person with a token for arranging things, and a browser for looking at them."""

    def __init__(self, office: Office, person: Person, browser: Browser) -> None:
        self.office, self.person, self.browser = office, person, browser

    async def look(self, path: str) -> str:
        reply = await self.browser.get(path)
        assert reply.status_code == 200, reply.text
        return reply.text

    async def send(self, path: str, **form: Any) -> httpx.Response:
        return await self.browser.post(path, form, **HTMX)


async def sitting(office: Office, name: str, role: str = "manager") -> Seller:
    person = await office.person(name, role)
    await give_password(office, person.id)
    browser = Browser(office)
    await browser.sign_in(f"{name}@example.com")
    await browser.get("/settings/me")
    return Seller(office, person, browser)


@pytest.fixture
async def anna(office: Office) -> Seller:
    return await sitting(office, "anna")


def lanes(page: str) -> dict[str, str]:
    """The keys of the columns by their names."""
    return {html.unescape(name): key for key, name in re.findall(r'id="t-(\w+)">([^<]+)<', page)}


def cards(text: str) -> list[int]:
    return [int(one) for one in re.findall(r'<li class="card[^"]*" id="c(\d+)"', text)]


def toast(reply: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reply.headers["HX-Trigger"])["toast"]
    return found


@pytest.mark.parametrize("path", ["/leads", "/offers", "/deals", "/renewals"])
async def test_every_board_opens_empty(anna: Seller, path: str) -> None:
    page = await anna.look(path)
    assert page.count('<section class="col"') >= 4
    assert cards(page) == []
    assert "hx-sse:connect" in page


async def test_a_board_shows_what_the_viewer_may_see(office: Office, anna: Seller) -> None:
    boris = await office.person("boris")
    acme, other = await office.client(anna.person), await office.client(boris, "Vector")
    mine = await new_deal(anna.person, client_id=acme, amount=Decimal(1200000))
    await new_deal(boris, client_id=other)
    page = await anna.look("/deals")
    assert cards(page) == [mine["id"]]
    assert "Vector" not in page
    assert "1.2M\xa0₽" in page
    part = await anna.browser.get("/deals?q=acme", **HTMX)
    assert part.text.count("<html") == 0
    assert cards(part.text) == [mine["id"]]
    assert cards((await anna.browser.get("/deals?q=vector", **HTMX)).text) == []
    assert cards(await anna.look(f"/deals?view=list&m={anna.person.id}")) == []
    assert f'id="c{mine["id"]}"' in await anna.look("/deals?view=list")
    patch = await anna.look(f"/deals/patch?ids={mine['id']},999")
    assert cards(patch) == [mine["id"]]
    assert 'data-gone="999"' in patch


async def test_a_drop_is_answered_with_the_card_the_heads_and_a_way_back(
    office: Office, anna: Seller
) -> None:
    acme = await office.client(anna.person)
    deal = await new_deal(anna.person, client_id=acme, amount=Decimal(500))
    goal = lanes(await anna.look("/deals"))["Negotiation"]
    reply = await anna.send(f"/deals/{deal['id']}/move", to=goal, ids=deal["id"], vers=1, after=0)
    assert reply.status_code == 200, reply.text
    assert re.search(rf'id="c{deal["id"]}" data-v="2" data-lane="{goal}" data-after=""', reply.text)
    assert f'id="h-{goal}"><span class="n num">1</span>' in reply.text
    told = toast(reply)
    assert told["text"] == f"D-{deal['id']} «Acme» → Negotiation"
    assert json.loads(reply.headers["HX-Trigger"])["done"] is True
    back = await anna.send(told["undo"], **told["values"])
    assert back.status_code == 200, back.text
    assert 'data-v="3"' in back.text
    assert (await anna.person.get(f"/deals/{deal['id']}")).json()["stage_key"] == deal["stage_key"]


async def test_a_loss_asks_for_its_reason_and_changes_nothing_before(
    office: Office, anna: Seller
) -> None:
    acme = await office.client(anna.person)
    deal = await new_deal(anna.person, client_id=acme)
    goal = lanes(await anna.look("/deals"))["Lost"]
    counts = await office.counts()
    where = f"/deals/{deal['id']}/move"
    asked = await anna.send(where, to=goal, ids=deal["id"], vers=1, after=0)
    assert (asked.status_code, asked.headers["HX-Retarget"]) == (422, "#dlg")
    assert "Why was it lost?" in asked.text
    assert f'hx-post="{where}"' in asked.text
    kept = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    kept.pop("csrf")
    assert "Choose a reason" not in asked.text
    assert kept == {
        "to": goal, "ids": str(deal["id"]), "vers": "1", "after": "0", "asked": "true"
    }  # fmt: skip
    assert await office.counts() == counts
    again = await anna.send(where, **kept, comment="not said")
    assert (again.status_code, "Choose a reason" in again.text) == (422, True)
    assert "not said" in again.text
    reason = re.findall(r'name="reason_id" value="(\d+)"', asked.text)[0]
    done = await anna.send(where, **kept, reason_id=reason, comment="dear")
    assert done.status_code == 200, done.text
    found = (await anna.person.get(f"/deals/{deal['id']}")).json()
    assert (found["state"], found["close_comment"]) == ("lost", "dear")


async def test_fields_that_a_stage_needs_are_asked_for_and_saved_with_the_move(
    office: Office, anna: Seller
) -> None:
    lead = await new_lead(anna.person)
    page = await anna.look("/leads")
    goal = next(key for name, key in lanes(page).items() if "ontact" in name)
    where = f"/leads/{lead['id']}/move"
    asked = await anna.send(where, to=goal, ids=lead["id"], vers=1)
    if asked.status_code == 200:
        pytest.skip("this stage needs nothing")
    assert asked.status_code == 422
    assert 'name="field-phone"' in asked.text
    done = await anna.send(
        where, to=goal, ids=lead["id"], vers=1, **{"field-phone": "+79001234567"}
    )
    assert done.status_code == 200, done.text
    assert (await anna.person.get(f"/leads/{lead['id']}")).json()["phone"] == "+79001234567"


async def test_who_was_faster_is_named_and_the_card_stands_where_it_is(
    office: Office, anna: Seller
) -> None:
    boss = await sitting(office, "boss", "admin")
    acme = await office.client(anna.person)
    deal = await new_deal(anna.person, client_id=acme, amount=Decimal(5))
    found = lanes(await anna.look("/deals"))
    ours, theirs = found["Negotiation"], found["Invoice"]
    sent = {"ids": deal["id"], "vers": 1}
    assert (await boss.send(f"/deals/{deal['id']}/move", to=theirs, **sent)).status_code == 200
    counts = await office.counts()
    reply = await anna.send(f"/deals/{deal['id']}/move", to=ours, **sent)
    assert reply.status_code == 412
    assert toast(reply) == {"text": f"D-{deal['id']} was changed just now: boss", "tone": "bad"}
    assert f'data-v="2" data-lane="{theirs}"' in reply.text
    assert await office.counts() == counts


async def test_what_is_forbidden_puts_the_card_back(office: Office, anna: Seller) -> None:
    boris = await office.person("boris")
    client = await office.client(anna.person)
    mine = await new_deal(anna.person, client_id=client)
    given = await anna.person.post(f"/deals/{mine['id']}/transfer", {"owner_id": boris.id}, 1)
    assert given.status_code == 200
    goal = lanes(await anna.look("/deals"))["Negotiation"]
    counts = await office.counts()
    reply = await anna.send(f"/deals/{mine['id']}/move", to=goal, ids=mine["id"], vers=2)
    assert reply.status_code == 403
    assert toast(reply)["tone"] == "bad"
    assert cards(reply.text) == [mine["id"]]
    offer = await new_offer(anna.person, client_id=client)
    accepted = lanes(await anna.look("/offers"))["Accepted"]
    assert await office.counts() != counts
    counts = await office.counts()
    reply = await anna.send(f"/offers/{offer['id']}/move", to=accepted, ids=offer["id"], vers=1)
    assert reply.status_code == 409
    assert cards(reply.text) == [offer["id"]]
    assert await office.counts() == counts


async def test_several_move_together_and_come_back_together(office: Office, anna: Seller) -> None:
    acme = await office.client(anna.person)
    made = [await new_deal(anna.person, client_id=acme, amount=Decimal(5)) for _ in range(3)]
    ids = ",".join(str(one["id"]) for one in made)
    goal = lanes(await anna.look("/deals"))["Negotiation"]
    counts = await office.counts()
    stale = await anna.send("/deals/bulk", to=goal, ids=ids, vers="1,1,7")
    assert stale.status_code == 412
    assert await office.counts() == counts
    reply = await anna.send("/deals/bulk", to=goal, ids=ids, vers="1,1,1")
    assert reply.status_code == 200, reply.text
    assert toast(reply)["text"] == "3 cards → Negotiation"
    assert sorted(cards(reply.text)) == sorted(one["id"] for one in made)
    back = await anna.send(toast(reply)["undo"], **toast(reply)["values"])
    assert back.status_code == 200
    stages = [(await anna.person.get(f"/deals/{one['id']}")).json()["stage_id"] for one in made]
    assert stages == [one["stage_id"] for one in made]


async def test_what_people_type_is_only_text(office: Office, anna: Seller) -> None:
    for payload in PAYLOADS:
        client = await office.client(anna.person, payload)
        await new_deal(anna.person, client_id=client, title=payload, source=payload[:64])
    for page in ("/deals", "/deals?view=list"):
        text = await anna.look(page)
        for payload in PAYLOADS:
            escaped = html.escape(payload).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
            assert escaped in text
            assert not set("<>\"'") & set(payload) or payload not in text
    for payload in PAYLOADS:
        asked = await anna.browser.get("/deals", HX_Request="true")
        assert asked.status_code == 200
        found = await anna.browser.http.get("/deals", params={"q": payload[:200]})
        assert found.status_code == 200
        assert not set("<>\"'") & set(payload) or payload not in found.text


async def test_addresses_that_say_nothing_sensible_are_refused(anna: Seller) -> None:
    for query in ("from=yesterday", "m=a", "sum=5", "sort=best", "view=map", "nothing=1"):
        assert (await anna.browser.get(f"/deals?{query}", **HTMX)).status_code == 400
    assert (await anna.browser.get("/deals?m=&from=&q=", **HTMX)).status_code == 200
    assert (await anna.browser.get("/deals?p=nothing", **HTMX)).status_code == 404


async def test_figures_come_after_the_cards(office: Office, anna: Seller) -> None:
    acme = await office.client(anna.person)
    await new_deal(anna.person, client_id=acme)
    page = await anna.look("/deals")
    first = next(iter(lanes(page).values()))
    assert 'hx-get="/deals/figures"' in page
    assert 'class="band"' not in page
    figures = await anna.look("/deals/figures")
    assert f'id="f-{first}" hx-swap-oob="true"' in figures
    assert '<b class="num" id="n-notask" hx-swap-oob="true">1</b>' in figures


async def test_a_card_is_added_in_one_line(office: Office, anna: Seller) -> None:
    page = await anna.look("/deals")
    first = next(iter(lanes(page).values()))
    home = re.findall(r'name="pipeline" value="(\d+)"', page)[0]
    line = {"stage": first, "pipeline": home, "whom": " Vector  Ltd", "title": "Servers"}
    made = await anna.send("/deals/new", **line, amount="100.50")
    assert made.status_code == 200, made.text
    (number,) = cards(made.text)
    deal = (await anna.person.get(f"/deals/{number}")).json()
    assert (deal["amount"], deal["client_name"], str(deal["stage_id"])) == (
        "100.50", "Vector  Ltd", first
    )  # fmt: skip
    names = await anna.look("/deals/clients?whom=vect")
    assert names.strip() == '<option value="Vector  Ltd"></option>'
    again = await anna.send("/deals/new", **{**line, "whom": "vector ltd"})
    twin = (await anna.person.get(f"/deals/{cards(again.text)[0]}")).json()
    assert twin["client_id"] == deal["client_id"]
    counts = await office.counts()
    refused = await anna.send("/deals/new", **{**line, "whom": "New", "stage": lanes(page)["Won"]})
    assert refused.status_code == 409
    needy = await anna.send(
        "/deals/new", **{**line, "whom": "New", "stage": lanes(page)["Invoice"]}
    )
    assert needy.status_code == 422
    assert await office.counts() == counts
    lead = await anna.look("/leads")
    spot = {"stage": next(iter(lanes(lead).values())), "whom": "Kestrel", "title": "Asks"}
    home = re.findall(r'name="pipeline" value="(\d+)"', lead)[0]
    assert "Kestrel" in (await anna.send("/leads/new", **spot, pipeline=home)).text


async def test_a_card_handed_over_is_new_until_its_owner_opens_it(
    office: Office, anna: Seller
) -> None:
    boss = await sitting(office, "boss", "admin")
    acme = await office.client(boss.person)
    deal = await new_deal(boss.person, client_id=acme)
    given = await boss.person.post(f"/deals/{deal['id']}/transfer", {"owner_id": anna.person.id}, 1)
    assert given.status_code == 200
    assert 'class="card new"' in await anna.look("/deals")
    where = f"/deals/{deal['id']}/opened"
    assert 'class="card new"' in (await boss.send(where)).text
    seen = await anna.send(where)
    assert (seen.status_code, 'class="card"' in seen.text, 'data-v="3"' in seen.text) == (
        200, True, True
    )  # fmt: skip
    assert 'data-v="3"' in (await anna.send(where)).text
    assert await office.events(deal["id"]) == ["created", "transferred"]
