"""Deals over REST: their life from the first stage to the win with what renews."""

import pytest
from sqlalchemy import update

from backend.db.models import stage
from tests.office import Office

pytestmark = pytest.mark.anyio


async def test_a_deal_is_made_read_and_listed(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    made = await anna.post("/deals", {"title": "  Servers ", "client_id": acme, "amount": 1500.5})
    assert made.status_code == 201, made.text
    deal = made.json()
    assert made.headers["location"] == f"/api/v1/deals/{deal['id']}"
    assert (deal["title"], deal["amount"], deal["currency"]) == ("Servers", "1500.50", "RUB")
    assert (deal["stage_key"], deal["state"], deal["version"]) == ("needs", "open", 1)
    assert deal["number"] == f"D-{deal['id']}"
    assert (deal["client_name"], deal["owner_name"]) == ("Acme", "anna")
    read = await anna.get(f"/deals/{deal['id']}")
    assert read.json() == deal
    assert read.headers["etag"] == made.headers["etag"]
    listed = (await anna.get("/deals", count="true")).json()
    assert [row["id"] for row in listed["items"]] == [deal["id"]]
    assert listed["total"] == 1


async def test_lost_needs_a_reason_and_a_refusal_leaves_no_trace(office: Office) -> None:
    anna = await office.person("anna")
    deal = await _deal(office, anna)
    before = await office.counts()
    refused = await anna.post(f"/deals/{deal['id']}/move", {"stage": "lost"}, version=1)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert problem["type"] == "/problems/reason_needed"
    assert "too_expensive" in [reason["key"] for reason in problem["reasons"]]
    assert await office.counts() == before
    assert (await anna.get(f"/deals/{deal['id']}")).json() == deal
    reason = await office.reason("too_expensive")
    lost = await anna.post(
        f"/deals/{deal['id']}/move", {"stage": "lost", "reason_id": reason}, version=1
    )
    assert lost.status_code == 200, lost.text
    assert (lost.json()["state"], lost.json()["reason_id"], lost.json()["version"]) == (
        "lost",
        reason,
        2,
    )
    assert lost.json()["lost_from_stage_id"] == deal["stage_id"]
    assert await office.events(deal["id"]) == ["created", "lost"]


async def test_a_win_asks_when_it_renews_and_makes_the_agreement(office: Office) -> None:
    anna = await office.person("anna")
    deal = await _deal(office, anna, amount="900")
    won = await anna.post(
        f"/deals/{deal['id']}/move",
        {"stage": "won", "fields": {"renewal_period": "P1Y"}},
        version=1,
    )
    assert won.status_code == 200, won.text
    renewals = (await anna.get("/renewals", client_id=deal["client_id"])).json()["items"]
    assert len(renewals) == 1
    assert renewals[0]["state"] == "waiting"
    assert renewals[0]["renewal_date"] == "2027-03-10"
    assert renewals[0]["activates_on"] == "2027-02-10"
    assert renewals[0]["amount"] == "900.00"
    again = await _deal(office, anna, client_id=deal["client_id"])
    refused = await anna.post(f"/deals/{again['id']}/move", {"stage": "won"}, version=1)
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/next_date_needed"
    once = await anna.post(
        f"/deals/{again['id']}/move", {"stage": "won", "fields": {"one_off": True}}, version=1
    )
    assert once.status_code == 200, once.text
    assert len((await anna.get("/renewals")).json()["items"]) == 1


async def test_undo_of_a_win_takes_the_agreement_back(office: Office) -> None:
    anna = await office.person("anna")
    deal = await _deal(office, anna)
    move = {"stage": "won", "fields": {"renewal_date": "2027-01-31"}}
    won = await anna.post(f"/deals/{deal['id']}/move", move, version=1)
    assert won.status_code == 200, won.text
    undone = await anna.post(f"/deals/{deal['id']}/undo", version=2)
    assert undone.status_code == 200, undone.text
    back = undone.json()
    assert (back["state"], back["stage_key"], back["renewal_date"]) == ("open", "needs", None)
    assert (back["version"], back["closed_at"]) == (3, None)
    assert (await anna.get("/renewals")).json()["items"] == []
    again = await anna.post(f"/deals/{deal['id']}/move", move, version=3)
    assert again.status_code == 200, again.text
    assert await office.events(deal["id"]) == ["created", "won", "voided", "won"]


async def test_the_order_of_checks(office: Office) -> None:
    anna = await office.person("anna")
    boris = await office.person("boris")
    deal = await _deal(office, anna)
    path = f"/deals/{deal['id']}/move"
    assert (await boris.post(path, {"stage": "offer"}, version=1)).status_code == 404
    assert (await anna.post(path, {"stage": "offer"})).status_code == 428
    assert (await anna.post(path, {}, version=7)).status_code == 400
    stale = await anna.post(path, {"stage": "nowhere"}, version=7)
    now = (await anna.get(f"/deals/{deal['id']}")).headers["etag"]
    assert (stale.status_code, stale.headers["etag"]) == (412, now)
    assert (await anna.post(path, {"stage": "nowhere"}, version=1)).status_code == 409
    assert (await anna.post(path, {"stage": "offer", "x": 1}, version=1)).status_code == 400


async def _deal(office: Office, anna, **fields):  # type: ignore[no-untyped-def]
    if "client_id" not in fields:
        fields["client_id"] = await office.client(anna)
    made = await anna.post("/deals", {"title": "Servers", **fields})
    assert made.status_code == 201, made.text
    return made.json()


async def test_lines_that_a_deal_has_satisfy_a_stage_that_demands_them(office: Office) -> None:
    admin = await office.person("admin", "admin")
    product = (await admin.post("/products", {"name": "Seat", "price": "100"})).json()
    demand = (
        update(stage).where(stage.c.key == "negotiation").values(required_fields=["product_lines"])
    )
    await office.do(lambda tx: tx.run(demand))
    deal = await _deal(office, admin)
    path = f"/deals/{deal['id']}"
    bare = await admin.post(f"{path}/move", {"stage": "negotiation"}, version=1)
    assert (bare.status_code, bare.json()["missing_fields"]) == (422, ["product_lines"])
    await admin.patch(path, {"product_lines": [{"product_id": product["id"]}]}, version=1)
    moved = await admin.post(f"{path}/move", {"stage": "negotiation"}, version=2)
    assert (moved.status_code, moved.json().get("stage_key")) == (200, "negotiation")
