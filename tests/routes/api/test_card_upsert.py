"""Leads, deals and offers under the name another system gave them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from backend.db.models import card
from tests.conftest import FreshDatabase
from tests.office import Office, Person

pytestmark = pytest.mark.anyio

LINES = [{"description": "Seat", "quantity": "2", "price": "100"}]
CHANGES: list[dict[str, Any]] = [{"discount_percent": 31}, {"lines": []}, {"currency": "USD"}]
BODIES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("leads", {"title": "Enquiry", "phone": "1", "budget": "5"}, {"budget": "6.00"}),
    ("deals", {"title": "Sale", "amount": "5", "renewal_period": "P1Y"}, {"amount": "6.00"}),
    ("offers", {"title": "Offer", "lines": LINES, "discount_percent": 5}, {"bonus": "a cake"}),
]


@pytest.mark.parametrize(("plural", "body", "change"), BODIES, ids=[row[0] for row in BODIES])
async def test_made_once_and_merged_ever_after(
    office: Office, plural: str, body: dict[str, Any], change: dict[str, Any]
) -> None:
    anna = await office.person("anna")
    path = f"/{plural}/by-external-id/1C%2F7"
    body = {**body, "client_id": await office.client(anna)}
    made = await anna.put(path, body)
    assert made.status_code == 201, made.text
    told = made.json()
    assert made.headers["location"] == f"/api/v1/{plural}/{told['id']}"
    assert (told["external_id"], told["version"]) == ("1C/7", 1)
    before = await office.counts()
    here = {"owner_id": anna.id, "stage": told["stage_key"], "pipeline": told["pipeline_id"]}
    for again in (body, {**body, **here}, {"stage": told["stage_id"]}, {"external_id": "1C/7"}):
        same = await anna.put(path, again)
        assert (same.status_code, same.json()) == (200, told), same.text
    assert await office.counts() == before
    merged = await anna.put(path, change)
    assert (merged.status_code, merged.json()) == (200, told | change | {"version": 2})
    assert await office.events(told["id"]) == ["created", "edited"]


@pytest.mark.parametrize("plural", ["leads", "deals", "offers"])
async def test_refused_puts_leave_no_trace(office: Office, plural: str) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    path = f"/{plural}/by-external-id/x"
    body = {"title": "One", "client_id": await office.client(anna)}
    hers = (await anna.put(path, body)).json()
    moon = await office.client(boris)
    before = await office.counts()
    cases: list[tuple[Any, str, dict[str, Any], int]] = [
        (anna, f"/{plural}/by-external-id/new", {}, 400),
        (anna, path, {"external_id": "y"}, 400),
        (anna, path, {"colour": 1}, 400),
        (anna, path, {"owner_id": boris.id}, 409),
        (anna, path, {"stage": "nowhere"}, 409),
        (anna, path, {"pipeline": "nowhere"}, 409),
        (anna, path, {"client_id": moon}, 404),
        (boris, path, {"title": "Mine", "client_id": moon}, 409),
    ]
    for person, where, fields, status in cases:
        refused = await person.put(where, fields)
        assert refused.status_code == status, (fields, refused.text)
    owner = (await anna.put(path, {"owner_id": boris.id})).json()
    assert owner["suggested_action"] == f"POST /{plural}/{hers['id']}/transfer"
    moved = (await anna.put(path, {"stage": "nowhere"})).json()
    assert moved["suggested_action"] == f"POST /{plural}/{hers['id']}/move"
    assert (await anna.put(path, {"title": "Two"}, version=2)).status_code == 412
    assert await office.counts() == before
    assert (await anna.get(f"/{plural}/{hers['id']}")).json() == hers


@pytest.mark.parametrize("plural", ["leads", "deals", "offers", "clients"])
async def test_a_name_is_what_is_stored(office: Office, plural: str) -> None:
    anna = await office.person("anna")
    body: dict[str, Any] = {}
    if plural == "deals":
        body["client_id"] = await office.client(anna)
    body |= {"name": "One"} if plural == "clients" else {"title": "One"}
    before = await office.counts()
    assert (await anna.put(f"/{plural}/by-external-id/%20", body)).status_code == 400
    assert await office.counts() == before
    made = await anna.put(f"/{plural}/by-external-id/%20A", {**body, "external_id": "A "})
    assert (made.status_code, made.json()["external_id"]) == (201, "A"), made.text
    for name in ("%20A", "A", "A%20"):
        same = await anna.put(f"/{plural}/by-external-id/{name}", body)
        assert (same.status_code, same.json()) == (200, made.json()), same.text


async def test_one_name_serves_each_kind(office: Office) -> None:
    anna = await office.person("anna")
    for plural in ("leads", "offers"):
        made = await anna.put(f"/{plural}/by-external-id/x", {"title": "One"})
        assert made.status_code == 201, made.text


async def _approved_offer(office: Office, anna: Person, body: dict[str, Any]) -> str:
    """An offer under the name x, with a head's consent; its path."""
    head = await office.person("head", role="admin")
    made = await anna.put("/offers/by-external-id/x", body)
    assert made.status_code == 201, made.text
    here = f"/offers/{made.json()['id']}"
    assert (await head.post(f"{here}/approve", version=1)).status_code == 200
    return here


async def test_the_same_terms_again_leave_a_consent_alone(office: Office) -> None:
    anna = await office.person("anna")
    body = {"title": "Offer", "lines": LINES, "discount_percent": "30"}
    await _approved_offer(office, anna, body)
    same = await anna.put("/offers/by-external-id/x", body)
    assert (same.json()["approval"]["status"], same.json()["version"]) == ("approved", 2)
    other = await anna.put("/offers/by-external-id/x", {"discount_percent": "31"})
    assert (other.json()["approval"]["status"], other.json()["version"]) == ("none", 3)


async def test_an_offer_that_the_client_has_may_be_put_again_and_not_changed(
    office: Office,
) -> None:
    anna = await office.person("anna")
    lead = (await anna.post("/leads", {"title": "Enquiry", "phone": "1"})).json()
    body = {
        "title": "Offer", "client_id": await office.client(anna), "lines": LINES,
        "lead_id": lead["id"], "discount_percent": "30",
    }  # fmt: skip
    here = await _approved_offer(office, anna, body)
    path = "/offers/by-external-id/x"
    for version, stage in ((2, "request"), (3, "sent"), (4, "accepted")):
        moved = await anna.post(f"{here}/move", {"stage": stage}, version=version)
        assert moved.status_code == 200, moved.text
        now = (await anna.get(here)).json()
        same = await anna.put(path, body)
        assert (same.status_code, same.json()) == (200, now), same.text
        if stage != "request":
            for change in CHANGES:
                assert (await anna.put(path, change)).status_code == 409
            assert (await anna.get(here)).json() == now


async def test_rivals_make_one_card(fresh_database: FreshDatabase) -> None:
    office = Office(fresh_database.database)
    anna = await office.person("anna")
    acme = await office.client(anna)
    bodies = [{"title": "Sale", "client_id": acme, "amount": n} for n in range(1, 7)]
    replies = await asyncio.gather(*(anna.put("/deals/by-external-id/x", body) for body in bodies))
    assert sorted(reply.status_code for reply in replies) == [200] * 5 + [201]
    count = select(func.count()).select_from(card)
    assert await office.do(lambda tx: tx.scalar(count)) == 1
    assert {reply.json()["version"] for reply in replies} == {1, 2, 3, 4, 5, 6}
