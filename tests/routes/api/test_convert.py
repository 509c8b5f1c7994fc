"""Converting a lead over REST: client, deal and offer at once or not at all."""

from typing import Any

import pytest

from tests.office import Office, Person

pytestmark = pytest.mark.anyio

ENQUIRY = {
    "title": "Antivirus for 20 seats", "company_name": "ООО «Ромашка»", "contact_name": "Пётр",
    "phone": "+7 900", "email": "p@romashka.example", "need": "20 seats", "budget": "20000",
    "source": "referral",
}  # fmt: skip


async def _lead(person: Person, **fields: Any) -> dict[str, Any]:
    made = await person.post("/leads", {**ENQUIRY, **fields})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def _convert(person: Person, lead: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    done = await person.post(f"/leads/{lead['id']}/convert", body, version=lead["version"])
    assert done.status_code == 200, done.text
    assert done.headers["etag"] == f'"{done.json()["version"]}"'
    return dict(done.json())


async def test_everything_is_taken_from_the_lead(office: Office) -> None:
    anna = await office.person("anna")
    lead = await _lead(anna)
    done = await _convert(anna, lead, {"deal": {}, "offer": {}})
    won = done["lead"]
    assert (won["state"], won["stage_key"], won["client_id"]) == (
        "won",
        "client",
        done["client_id"],
    )
    assert won["version"] == done["version"] == 2
    client = (await anna.get(f"/clients/{done['client_id']}")).json()
    assert {name: client[name] for name in ("name", "kind", "phone", "email", "source")} == {
        "name": "ООО «Ромашка»", "kind": "company", "phone": "+7 900",
        "email": "p@romashka.example", "source": "referral",
    }  # fmt: skip
    deal = done["deal"]
    assert (deal["title"], deal["amount"], deal["client_id"], deal["source"]) == (
        "Antivirus for 20 seats", "20000.00", client["id"], "referral",
    )  # fmt: skip
    assert (deal["custom"], deal["stage_key"]) == ({"need": "20 seats"}, "needs")
    offer = (await anna.get(f"/offers/{done['offer_id']}")).json()
    assert (offer["deal_id"], offer["title"], offer["client_id"]) == (
        deal["id"], "Antivirus for 20 seats", client["id"],
    )  # fmt: skip
    assert await office.events(lead["id"]) == ["created", "won"]
    past = (await anna.get(f"/deals/{deal['id']}/history")).json()["items"]
    assert past[0]["caused_by"] == lead["number"]


async def test_what_is_given_goes_before(office: Office) -> None:
    anna = await office.person("anna")
    lead = await _lead(anna, company_name=None)
    body = {
        "client": {"name": "Romashka Ltd", "kind": "company", "phone": None, "currency": "USD"},
        "deal": {"title": "Deal", "amount": "5", "currency": "USD", "custom": {"need": "x"}},
        "offer": {"title": "Offer", "lines": [{"description": "Seat", "price": "2.50"}]},
    }
    done = await _convert(anna, lead, body)
    client = (await anna.get(f"/clients/{done['client_id']}")).json()
    assert (client["name"], client["phone"], client["currency"]) == ("Romashka Ltd", None, "USD")
    deal = done["deal"]
    assert (deal["title"], deal["amount"], deal["currency"]) == ("Deal", "5.00", "USD")
    assert deal["custom"] == {"need": "x"}
    offer = (await anna.get(f"/offers/{done['offer_id']}")).json()
    assert (offer["title"], offer["total"], offer["currency"]) == ("Offer", "2.50", "USD")


async def test_an_old_client_or_the_lead_alone(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    before = await office.counts()
    named = await _convert(anna, await _lead(anna), {"client_id": acme})
    assert (named["client_id"], named["deal"], named["offer_id"]) == (acme, None, None)
    own = await _convert(anna, await _lead(anna, client_id=acme), {"deal": {}})
    assert (own["client_id"], own["deal"]["client_id"]) == (acme, acme)
    after = await office.counts()
    assert after["client"] == before["client"]
    person = await _convert(anna, await _lead(anna, company_name=None), {})
    made = (await anna.get(f"/clients/{person['client_id']}")).json()
    assert (made["name"], made["kind"]) == ("Пётр", "person")


async def test_a_head_converts_for_the_owner(office: Office) -> None:
    north = await office.team("North")
    anna = await office.person("anna", team_id=north)
    head = await office.person("head", role="head", team_id=north)
    done = await _convert(head, await _lead(anna), {"deal": {}, "offer": {}})
    owners = [
        (await anna.get(path)).json()["owner_id"]
        for path in (
            f"/clients/{done['client_id']}",
            f"/deals/{done['deal']['id']}",
            f"/offers/{done['offer_id']}",
        )
    ]
    assert owners == [anna.id] * 3


async def test_refused_conversions_leave_no_trace(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    hidden = await office.client(boris)
    lead = await _lead(anna)
    nameless = await _lead(anna, company_name=None, contact_name=None)
    path = f"/leads/{lead['id']}/convert"
    narrow = await office.signed_in(anna.id, ("cards:write", "cards:read"))
    await anna.post("/clients", {"name": "Taken", "external_id": "taken"})
    before = await office.counts()
    cases: list[tuple[Person, dict[str, Any], int, str | None]] = [
        (anna, {"client_id": hidden}, 404, "/client_id"),
        (anna, {"client": {}, "client_id": hidden}, 400, "/client_id"),
        (anna, {"offer": {}}, 400, "/deal"),
        (anna, {"client": {"status": "asleep"}}, 422, "/client/status"),
        (anna, {"client": {"external_id": "taken"}}, 409, None),
        (anna, {"deal": {"amount": "1.234"}}, 400, "/deal/amount"),
        (anna, {"deal": {"stage": "won"}}, 409, "/deal/stage"),
        (anna, {"deal": {"client_id": hidden}}, 400, "/deal/client_id"),
        (anna, {"deal": {}, "offer": {"lines": [{"price": 1}]}}, 400, "/offer/lines/0/description"),
        (anna, {"deal": {}, "offer": {"lead_id": lead["id"]}}, 400, "/offer/lead_id"),
        (anna, {"colour": 1}, 400, None),
        (boris, {}, 404, None),
        (narrow, {}, 403, None),
    ]
    for person, body, status, pointer in cases:
        refused = await person.post(path, body, version=1)
        assert refused.status_code == status, (body, refused.text)
        if pointer is not None:
            assert refused.json()["errors"][0]["pointer"] == pointer, refused.text
    unnamed = await anna.post(f"/leads/{nameless['id']}/convert", {}, version=1)
    assert unnamed.json()["errors"][0]["pointer"] == "/client/name"
    assert (await anna.post(path, {})).status_code == 428
    assert (await anna.post(path, {}, version=2)).status_code == 412
    assert await office.counts() == before
    assert (await anna.get(f"/leads/{lead['id']}")).json() == lead


async def test_a_closed_lead_is_not_converted_again(office: Office) -> None:
    anna = await office.person("anna")
    done = await _convert(anna, await _lead(anna), {})
    path = f"/leads/{done['lead']['id']}/convert"
    wrong: list[dict[str, Any]] = [
        {"offer": {}}, {"client": {}, "client_id": 1}, {"deal": {}, "offer": {"lead_id": 1}},
    ]  # fmt: skip
    for body in wrong:  # told before what has become of the lead
        assert (await anna.post(path, body, version=2)).status_code == 400, body
    again = await anna.post(path, {}, version=2)
    assert again.status_code == 409
    assert again.json()["type"] == "/problems/conflict"


async def test_a_repeated_request_converts_once(office: Office) -> None:
    anna = await office.person("anna")
    lead = await _lead(anna)
    replies = [
        await anna.post(
            f"/leads/{lead['id']}/convert", {"deal": {}}, version=1, Idempotency_Key="c-1"
        )
        for _ in range(2)
    ]
    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].json() == replies[1].json()
    assert len((await anna.get("/deals")).json()["items"]) == 1
