"""What an offer may be tied to, lines on their way back, and periods of nothing."""

import pytest

from tests.office import Office

pytestmark = pytest.mark.anyio


async def test_an_offer_hangs_only_on_a_card_one_may_move(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    acme = await office.client(anna)
    lead = (await anna.post("/leads", {"title": "Enquiry", "client_id": acme})).json()
    given = await anna.post(f"/leads/{lead['id']}/transfer", {"owner_id": boris.id}, version=1)
    assert given.status_code == 200, given.text
    assert (await anna.get(f"/leads/{lead['id']}")).status_code == 200  # her client's lead
    before = await office.counts()
    refused = await anna.post("/offers", {"lead_id": lead["id"], "title": "For you"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert await office.counts() == before
    assert (await boris.get(f"/leads/{lead['id']}")).json()["stage_key"] == "new"


async def test_nothing_is_given_to_whoever_only_reads(office: Office) -> None:
    anna, vera = await office.person("anna"), await office.person("vera", "viewer")
    acme = await office.client(anna)
    deal = (await anna.post("/deals", {"title": "D", "client_id": acme})).json()
    for path, version in ((f"/deals/{deal['id']}", 1), (f"/clients/{acme}", 1)):
        refused = await anna.post(f"{path}/transfer", {"owner_id": vera.id}, version=version)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
        assert (await anna.get(path)).json()["owner_id"] == anna.id


@pytest.mark.parametrize("before", [[], [5]])
async def test_undo_brings_the_former_lines_back(office: Office, before: list[int]) -> None:
    admin = await office.person("anna", "admin")
    acme = await office.client(admin)
    made = await admin.post("/products", {"name": "Support", "price": "10.00"})
    product = made.json()["id"]
    lines = [{"product_id": product, "quantity": n} for n in before]
    deal = (
        await admin.post("/deals", {"title": "D", "client_id": acme, "product_lines": lines})
    ).json()
    fields = {"product_lines": [{"product_id": product, "quantity": 7}]}
    path = f"/deals/{deal['id']}"
    moved = await admin.post(f"{path}/move", {"stage": "offer", "fields": fields}, version=1)
    assert [line["quantity"] for line in moved.json()["product_lines"]] == ["7.000"]
    undone = await admin.post(f"{path}/undo", version=2)
    assert undone.status_code == 200, undone.text
    assert undone.json()["product_lines"] == deal["product_lines"]
    assert undone.json()["stage_key"] == "needs"


async def test_a_period_of_nothing_is_refused_everywhere(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    deal = (await anna.post("/deals", {"title": "D", "client_id": acme})).json()
    made = {"client_id": acme, "amount": "5", "renewal_date": "2027-01-01"}
    renewal = (await anna.post("/renewals", made)).json()
    before = await office.counts()
    for path, body in (
        ("/deals", {"title": "E", "client_id": acme, "renewal_period": "P0D"}),
        (f"/deals/{deal['id']}/move", {"stage": "won", "fields": {"renewal_period": "P0M"}}),
        (f"/deals/{deal['id']}/move", {"stage": "won", "next_period": "P0Y"}),
        (f"/renewals/{renewal['id']}/move", {"stage": "payment_received", "next_period": "P0D"}),
        ("/renewals", {**made, "period": "P0W"}),
    ):
        refused = await anna.post(path, body, version=1)
        assert (refused.status_code, refused.json()["type"]) == (400, "/problems/bad_request")
    assert await office.counts() == before
