"""Cards that follow an offer: forwards only, never over an empty field, and back by undo."""

from typing import Any

import pytest

from tests.domain.offers.desk import Desk, set_up
from tests.factories.cards import new_deal, new_lead, new_renewal
from tests.office import Office

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(office: Office) -> Desk:
    return await set_up(office)


async def stage_of(desk: Desk, plural: str, card: dict[str, Any]) -> str:
    return str((await desk.read(plural, card["id"]))["stage_key"])


async def history_of(desk: Desk, plural: str, card: dict[str, Any]) -> list[dict[str, Any]]:
    reply = await desk.anna.get(f"/{plural}/{card['id']}/history")
    return reply.json()["items"]  # type: ignore[no-any-return]


async def moved(
    desk: Desk, plural: str, card: dict[str, Any], key: str, **more: Any
) -> dict[str, Any]:
    path = f"/{plural}/{card['id']}/move"
    reply = await desk.anna.post(path, {"stage": key, **more}, version=card["version"])
    assert reply.status_code == 200, reply.text
    return reply.json()  # type: ignore[no-any-return]


async def test_a_lead_follows_the_offer_that_is_made_for_it(desk: Desk) -> None:
    lead = await new_lead(desk.anna, client_id=desk.client_id)
    offer = await desk.offer(lead_id=lead["id"])
    followed = await desk.read("leads", lead["id"])
    assert (followed["stage_key"], followed["version"]) == ("offering", lead["version"] + 1)
    line = (await history_of(desk, "leads", lead))[-1]
    assert (line["event"], line["to_stage"]) == ("moved", "offering")
    assert line["caused_by"] == f"O-{offer['id']}"
    # Another offer finds it there, and leaves it there.
    await desk.offer("sent", lead_id=lead["id"])
    assert (await desk.read("leads", lead["id"]))["version"] == followed["version"]


async def test_a_closed_lead_stays_closed(desk: Desk) -> None:
    lead = await new_lead(desk.anna)
    reason = await desk.office.reason("too_expensive", "leads")
    lost = await moved(desk, "leads", lead, "closed", reason_id=reason)
    await desk.offer("sent", lead_id=lead["id"])
    assert await desk.read("leads", lead["id"]) == lost


async def test_an_accepted_offer_wins_its_lead_and_opens_a_deal(desk: Desk) -> None:
    lead = await new_lead(desk.anna, client_id=desk.client_id, source="site")
    offer = await desk.offer("sent", lead_id=lead["id"], source="site")
    accepted = await desk.moved(offer, "accepted")
    won = await desk.read("leads", lead["id"])
    assert (won["stage_key"], won["state"]) == ("client", "won")
    (deal,) = (await desk.anna.get("/deals")).json()["items"]
    assert (deal["stage_key"], deal["state"]) == ("invoice", "open")
    assert (deal["title"], deal["amount"], deal["currency"]) == ("Proposal", "100.00", "RUB")
    assert (deal["client_id"], deal["owner_id"]) == (desk.client_id, desk.anna.id)
    assert deal["source"] == "site"
    assert accepted["deal_id"] == deal["id"]
    assert (await history_of(desk, "deals", deal))[0]["caused_by"] == f"O-{offer['id']}"
    assert (await desk.anna.get("/offers", deal_id=deal["id"])).json()["items"] != []


async def test_an_accepted_offer_that_hangs_on_nothing_opens_a_deal(desk: Desk) -> None:
    accepted = await desk.offer("accepted")
    (deal,) = (await desk.anna.get("/deals")).json()["items"]
    assert (deal["stage_key"], accepted["deal_id"]) == ("invoice", deal["id"])


async def test_a_deal_follows_its_offer_step_by_step(desk: Desk) -> None:
    deal = await new_deal(desk.anna, client_id=desk.client_id, amount="50")
    offer = await desk.offer("request", deal_id=deal["id"])
    assert await stage_of(desk, "deals", deal) == "needs"
    seen = []
    for key in ("sent", "rework", "sent", "accepted"):
        offer = await desk.moved(offer, key)
        seen.append(await stage_of(desk, "deals", deal))
    # Sent again, the deal does not go back to `offer`.
    assert seen == ["offer", "negotiation", "negotiation", "invoice"]
    assert len((await desk.anna.get("/deals")).json()["items"]) == 1
    causes = [line["caused_by"] for line in await history_of(desk, "deals", deal)]
    assert causes == [None, *[f"O-{offer['id']}"] * 3]


async def test_nothing_follows_over_an_empty_required_field(desk: Desk) -> None:
    """Negotiation and invoice need an amount; the offer moves all the same."""
    deal = await new_deal(desk.anna, client_id=desk.client_id)
    offer = await desk.offer("rework", deal_id=deal["id"])
    assert offer["stage_key"] == "rework"
    assert await stage_of(desk, "deals", deal) == "offer"
    offer = await desk.moved(await desk.moved(offer, "sent"), "accepted")
    assert offer["outcome"] == "accepted"
    assert await stage_of(desk, "deals", deal) == "offer"
    assert len(await history_of(desk, "deals", deal)) == 2


async def test_nothing_follows_backwards_or_out_of_a_close(desk: Desk) -> None:
    deal = await new_deal(desk.anna, client_id=desk.client_id, amount="50", stage="invoice")
    await desk.offer("rework", deal_id=deal["id"])
    assert await desk.read("deals", deal["id"]) == deal
    won = await moved(desk, "deals", deal, "won", fields={"one_off": True})
    await desk.offer("accepted", deal_id=deal["id"])
    assert await desk.read("deals", deal["id"]) == won


async def test_a_waiting_renewal_comes_into_work_and_an_open_one_stays(desk: Desk) -> None:
    renewal = await new_renewal(desk.anna, client_id=desk.client_id)
    await desk.offer("accepted", renewal_id=renewal["id"])
    active = await desk.read("renewals", renewal["id"])
    assert (active["stage_key"], active["state"]) == ("invoice_required", "open")
    assert (await desk.anna.get("/deals")).json()["items"] == []
    sent = await moved(desk, "renewals", active, "invoice_sent")
    await desk.offer("accepted", renewal_id=renewal["id"])
    assert await desk.read("renewals", renewal["id"]) == sent


async def test_a_deal_of_somebody_else_follows_too(desk: Desk) -> None:
    """What the product does in the wake of a move is not a matter of the mover's rights."""
    boris = await desk.office.person("boris")
    deal = await new_deal(desk.anna, client_id=desk.client_id)
    path = f"/deals/{deal['id']}"
    offer = await desk.offer("request", deal_id=deal["id"])
    given = await desk.anna.post(f"{path}/transfer", {"owner_id": boris.id}, version=1)
    assert given.status_code == 200, given.text
    await desk.moved(offer, "sent")
    assert await stage_of(desk, "deals", deal) == "offer"
    direct = await desk.anna.post(f"{path}/move", {"stage": "needs"}, version=3)
    assert direct.status_code == 403


async def test_undo_takes_back_what_followed_a_lead_and_its_deal(desk: Desk) -> None:
    lead = await new_lead(desk.anna, client_id=desk.client_id)
    offer = await desk.offer("sent", lead_id=lead["id"])
    accepted = await desk.moved(offer, "accepted")
    undone = await desk.undo(accepted)
    assert undone.status_code == 200, undone.text
    back = undone.json()
    assert (back["stage_key"], back["lead_id"], back["deal_id"]) == ("sent", lead["id"], None)
    assert (await desk.anna.get("/deals")).json()["items"] == []
    again = await desk.read("leads", lead["id"])
    assert (again["stage_key"], again["state"], again["closed_at"]) == ("offering", "open", None)
    # And forwards once more.
    assert (await desk.moved(back, "accepted"))["outcome"] == "accepted"
    assert len((await desk.anna.get("/deals")).json()["items"]) == 1
    assert await stage_of(desk, "leads", lead) == "client"


async def test_undo_takes_a_deal_back_that_had_followed(desk: Desk) -> None:
    deal = await new_deal(desk.anna, client_id=desk.client_id, amount="50")
    offer = await desk.offer("sent", deal_id=deal["id"])
    before = await desk.read("deals", deal["id"])
    accepted = await desk.moved(offer, "accepted")
    assert await stage_of(desk, "deals", deal) == "invoice"
    assert (await desk.undo(accepted)).status_code == 200
    after = await desk.read("deals", deal["id"])
    same = set(before) - {"version", "updated_at"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["version"] == before["version"] + 2
    assert await desk.office.events(deal["id"]) == ["created", "moved", "moved", "voided"]


async def test_undo_takes_an_activation_back(desk: Desk) -> None:
    renewal = await new_renewal(desk.anna, client_id=desk.client_id)
    offer = await desk.offer("sent", renewal_id=renewal["id"])
    accepted = await desk.moved(offer, "accepted")
    assert (await desk.undo(accepted)).status_code == 200
    waiting = await desk.read("renewals", renewal["id"])
    assert (waiting["state"], waiting["activated_at"]) == ("waiting", None)
    # It may come into work again: the first stay in the store is over, this is the second.
    assert (await desk.moved((await desk.read("offers", offer["id"])), "accepted"))["outcome"]
    assert await stage_of(desk, "renewals", renewal) == "invoice_required"


@pytest.mark.parametrize("kind", ["lead", "deal", "none"])
async def test_undo_is_refused_where_what_followed_was_touched(desk: Desk, kind: str) -> None:
    ties: dict[str, Any] = {}
    if kind == "lead":
        ties["lead_id"] = (await new_lead(desk.anna, client_id=desk.client_id))["id"]
    if kind == "deal":
        fields = {"client_id": desk.client_id, "amount": "50"}
        ties["deal_id"] = (await new_deal(desk.anna, **fields))["id"]
    accepted = await desk.offer("accepted", **ties)
    (deal,) = (await desk.anna.get("/deals")).json()["items"]
    path = f"/deals/{deal['id']}"
    assert (await desk.anna.patch(path, {"title": "Mine"}, version=deal["version"])).is_success
    before = await desk.office.counts()
    refused = await desk.undo(accepted)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert refused.json()["record"] == {
        "kind": "deal", "id": deal["id"], "number": f"D-{deal['id']}",
    }  # fmt: skip
    assert await desk.office.counts() == before
    assert await desk.read("offers", accepted["id"]) == accepted


async def test_undo_belongs_to_the_mover_for_ten_minutes(desk: Desk) -> None:
    sent = await desk.offer("sent")
    path = f"/offers/{sent['id']}/undo"
    assert (await desk.head.post(path, version=sent["version"])).status_code == 409
    assert (await desk.anna.post(path)).status_code == 428
    assert (await desk.anna.post(path, version=1)).status_code == 412
    desk.office.later(minutes=10, seconds=1)
    assert (await desk.undo(sent)).status_code == 409
    desk.office.later(seconds=-1)
    assert (await desk.undo(sent)).status_code == 200
    undone = await desk.read("offers", sent["id"])
    assert (undone["stage_key"], undone["sent_at"]) == ("request", None)
    assert (await desk.undo(undone)).status_code == 409
