"""Rules that draft offers: with the lines of the term that ends, or of a second product."""

from typing import Any

import pytest

from tests.factories.cards import new_deal
from tests.office import Office, Person
from tests.routes.api.chain import Chain, set_up
from tests.routes.api.reminding import alone, made, opened, run, tasks
from tests.routes.api.steps import moved

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chain(office: Office) -> Chain:
    await office.set_company(locale="en")
    return await set_up(office)


@pytest.fixture
async def boss(chain: Chain) -> Person:
    return await chain.office.person("boss", "admin")


async def lines_of(person: Person, offer: dict[str, Any]) -> list[tuple[Any, ...]]:
    found = (await person.get(f"/offers/{offer['id']}")).json()["lines"]
    names = ("description", "quantity", "unit", "price", "vat_rate")
    return [tuple(line[name] for name in names) for line in found]


async def test_a_draft_offer_has_the_lines_of_the_term_that_ends(
    chain: Chain, boss: Person
) -> None:
    """Of the offer accepted for it; before there was one, of the sale it began with."""
    chain.on("2026-04-01")
    await alone(chain, boss, actions=[{"type": "create_offer"}], offset="P0D")
    product = (await boss.post("/products", {"name": "Seat", "vat_rate": "22"})).json()["id"]
    sold = {"product_id": product, "quantity": "5", "price": "20.00", "unit": "seat"}
    whole = {"product_lines": [sold], "client_id": chain.client_id, "renewal_period": "P1M"}
    deal = await new_deal(chain.anna, **whole, title="Sale")
    await moved(chain.anna, deal, "won")
    (first,) = (await chain.anna.get("/renewals")).json()["items"]
    first = await chain.moved(first, "invoice_required")
    assert (await run(chain, boss, "2026-05-01"))["fired"] == 1
    (draft,) = (await chain.anna.get("/offers", renewal_id=first["id"])).json()["items"]
    assert (draft["status"], draft["total"], draft["title"]) == ("draft", "100.00", "Sale")
    assert (await lines_of(chain.anna, draft)) == [("Seat", "5.000", "seat", "20.00", "22.00")]
    # What he agrees to is what he is offered a term later, on the same terms.
    agreed = {"discount_percent": "10", "lines": [{"description": "All in", "price": "90.00"}]}
    reply = await chain.anna.patch(f"/offers/{draft['id']}", agreed, draft["version"])
    draft = reply.json()
    for stage in ("request", "sent", "accepted"):
        draft = await moved(chain.anna, draft, stage)
    second = await chain.won(await chain.read(first))
    second = await chain.moved(second, "invoice_required")
    for _ in range(2):
        await run(chain, boss, "2026-06-01")
    (draft,) = (await chain.anna.get("/offers", renewal_id=second["id"])).json()["items"]
    assert (draft["total"], draft["discount_percent"], draft["revision"]) == ("81.00", "10.00", 1)
    assert (await lines_of(chain.anna, draft)) == [("All in", "1.000", None, "90.00", None)]
    assert (await made(boss, key="again", actions=[{"type": "create_offer"}], offset="P1D"))[
        "active"
    ]
    assert (await run(chain, boss, "2026-06-02"))["fired"] == 1
    assert len((await chain.anna.get("/offers", renewal_id=second["id"])).json()["items"]) == 1
    plain = await opened(chain, "2026-07-01", title="Hosting", amount="1500")
    by_hand = (await chain.anna.post("/offers", {"renewal_id": plain["id"]})).json()
    assert await lines_of(chain.anna, by_hand) == [("Hosting", "1.000", None, "1500.00", None)]
    dollars = {"renewal_id": plain["id"], "currency": "USD"}
    assert await lines_of(chain.anna, (await chain.anna.post("/offers", dollars)).json()) == []


async def test_a_second_product_is_offered_to_whom_it_is_new(chain: Chain, boss: Person) -> None:
    chain.on("2026-04-01")
    seat, desk = [
        (await boss.post("/products", {"name": name, "price": "10"})).json()["id"]
        for name in ("Seat", "Desk")
    ]
    (rule,) = (await boss.get("/reminder-rules", key="u_next")).json()["items"]
    path = f"/reminder-rules/{rule['id']}"
    assert (await boss.patch(path, {"active": True}, 1)).status_code == 422
    task = {"type": "task", "text": "Offer {product}: {client}", "product_id": desk}
    draft = {"type": "create_offer", "text": "{product} for {client}", "product_id": desk}
    asked = {"active": True, "product_id": seat, "actions": [task, draft]}
    missing = {**asked, "actions": [{**task, "product_id": 999}]}
    assert (await boss.patch(path, missing, 1)).status_code == 404
    assert (await boss.patch(path, asked, 1)).status_code == 200
    clients = [chain.client_id, await chain.office.client(chain.anna, "Beta")]
    for client_id in clients:
        line = {"product_id": seat, "quantity": "1"}
        deal = await new_deal(chain.anna, client_id=client_id, product_lines=[line], one_off=True)
        await moved(chain.anna, deal, "won")
    refused = {"client_id": clients[1], "title": "Desk", "lines": [{"product_id": desk}]}
    offer = (await chain.anna.post("/offers", refused)).json()
    why = await chain.office.reason("too_expensive", "offers")
    await moved(chain.anna, offer, "declined", reason_id=why)
    assert (await run(chain, boss, "2026-04-07"))["fired"] == 0
    for _ in range(2):
        await run(chain, boss, "2026-04-08")
    assert await tasks(chain.anna) == [("u_next", "Offer Desk: Acme", "2026-04-08")]
    found = (await chain.anna.get("/offers", state="open")).json()["items"]
    assert [(one["title"], one["client_id"], one["total"]) for one in found] == [
        ("Desk for Acme", clients[0], "10.00")
    ]
