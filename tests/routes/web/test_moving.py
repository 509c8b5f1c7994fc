"""Moves on a board: the patch, the dialog, who was faster, what is refused leaves no trace."""

import json
import re
from decimal import Decimal

import pytest

from tests.factories.cards import new_deal, new_lead, new_offer
from tests.office import Office
from tests.routes.web.sellers import Seller, cards, lanes, sitting, toast


@pytest.fixture
async def anna(office: Office) -> Seller:
    return await sitting(office, "anna")


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
    assert "does not lead to “Accepted”" in toast(reply)["text"]
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
