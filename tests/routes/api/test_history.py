"""What a card's history tells over REST: as the contract writes it."""

from typing import Any

import pytest

from tests.factories.cards import LineFactory, new_deal, new_offer
from tests.office import Office, Person
from tests.routes.api.chain import set_up

pytestmark = pytest.mark.anyio


async def last(person: Person, path: str) -> dict[str, Any]:
    """The last line, with its changes by field."""
    line: dict[str, Any] = (await person.get(f"{path}/history")).json()["items"][-1]
    changes = {c["field"]: (c["before"], c["after"]) for c in line["changes"]}
    return {**line, "changes": changes}


async def test_a_reschedule_back_into_the_store_tells_both_dates(office: Office) -> None:
    chain = await set_up(office)
    term = await chain.renewal()
    await chain.sweep("2026-04-09")
    chain.on("2026-04-09")
    await chain.moved_to(await chain.read(term), "2026-08-01")
    line = await last(chain.anna, f"/renewals/{term['id']}")
    assert line["event"] == "held"
    assert line["changes"] == {
        "renewal_date": ("2026-05-09", "2026-08-01"),
        "activates_on": ("2026-04-09", "2026-07-01"),
        "slips": (0, 1),
    }


async def test_product_lines_are_told_as_they_are_read(office: Office) -> None:
    admin = await office.person("admin", "admin")
    made = await admin.post("/products", {"name": "Seat", "price": "100", "unit": "pc"})
    line = {"product_id": made.json()["id"], "quantity": "5", "price": "100"}
    deal = await new_deal(admin, client_id=await office.client(admin))
    path = f"/deals/{deal['id']}"
    reply = await admin.patch(path, {"product_lines": [line]}, version=1)
    assert reply.status_code == 200, reply.text
    shown = {**line, "unit": "pc", "quantity": "5.000", "price": "100.00", "consumption": None}
    assert (await last(admin, path))["changes"] == {
        "amount": (None, "500.00"), "product_lines": ([], [shown]),
    }  # fmt: skip


async def test_an_offers_terms_are_told_as_they_are_read(office: Office) -> None:
    anna = await office.person("anna")
    offer = await new_offer(anna)
    path = f"/offers/{offer['id']}"
    body = {"lines": [LineFactory.body(vat_rate="20", discount_percent="5")]}
    reply = await anna.patch(path, body, version=1)
    assert reply.status_code == 200, reply.text
    changes = (await last(anna, path))["changes"]
    assert changes == {
        "amount": ("100.00", "95.00"), "vat_total": ("0.00", "15.83"),
        "lines": (offer["lines"], reply.json()["lines"]),
    }  # fmt: skip


async def test_money_is_told_in_the_currency_that_it_was_in(office: Office) -> None:
    anna = await office.person("anna")
    deal = await new_deal(anna, client_id=await office.client(anna), amount="100")
    path = f"/deals/{deal['id']}"
    await anna.patch(path, {"currency": "JPY", "amount": "900"}, version=1)
    assert (await last(anna, path))["changes"] == {
        "currency": ("RUB", "JPY"), "amount": ("100.00", "900"),
    }  # fmt: skip


async def test_a_line_tells_no_reason_that_had_no_effect(office: Office) -> None:
    """Why a card was lost is changed by reopening it; no other stage takes a reason."""
    anna = await office.person("anna")
    deal = await new_deal(anna, client_id=await office.client(anna))
    path = f"/deals/{deal['id']}"
    other = await office.reason("last_term", "renewals", "end")
    body: dict[str, Any] = {"stage": "offer", "end_agreement": {"reason_id": other}}
    assert (await anna.post(f"{path}/move", body, version=1)).status_code == 200
    assert (await last(anna, path))["reason_id"] is None
    dear, unpaid = [await office.reason(key, "sales") for key in ("too_expensive", "not_paid")]
    body = {"stage": "lost", "reason_id": dear}
    for version in (2, 3):  # said again, as after a reply that was lost
        assert (await anna.post(f"{path}/move", body, version)).json()["reason_id"] == dear
    before = await office.counts()
    refused = await anna.post(f"{path}/move", {**body, "reason_id": unpaid}, 4)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert await office.counts() == before
