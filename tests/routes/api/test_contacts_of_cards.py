"""The contact of a card is a person at the card's client."""

from typing import Any

import pytest

from tests.factories.cards import new_deal, new_lead, new_offer
from tests.factories.clients import new_client
from tests.factories.contacts import new_contact
from tests.office import Office, Person

pytestmark = pytest.mark.anyio


async def _two(anna: Person) -> tuple[int, int, int, int]:
    """A client with a person, and another one with his."""
    here, there = (await new_client(anna))["id"], (await new_client(anna))["id"]
    own = await new_contact(anna, client_id=here)
    other = await new_contact(anna, client_id=there)
    return here, own["id"], there, other["id"]


def _refusal(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["errors"][0]["pointer"]


async def test_a_card_is_made_with_a_person_of_its_client(office: Office) -> None:
    anna = await office.person("anna")
    here, own, _, other = await _two(anna)
    before = await office.counts()
    due = {"renewal_date": "2026-05-09", "amount": "1"}
    for path, more in (("/deals", {"title": "D"}), ("/leads", {"title": "L"}), ("/renewals", due)):
        body = {"client_id": here, **more}
        assert _refusal(await anna.post(path, {**body, "contact_id": other})) == (
            422, "/contact_id",
        )  # fmt: skip
        assert _refusal(await anna.post(path, {**body, "contact_id": 999999})) == (
            404, "/contact_id",
        )  # fmt: skip
    assert await office.counts() == before
    for path, more in (("/deals", {"title": "D"}), ("/leads", {"title": "L"}), ("/renewals", due)):
        made = await anna.post(path, {"client_id": here, "contact_id": own, **more})
        assert (made.status_code, made.json()["contact_id"]) == (201, own)
    # A card without a client may name anybody whom the caller sees.
    lead = await new_lead(anna, contact_id=other)
    assert (lead["client_id"], lead["contact_id"]) == (None, other)


async def test_client_and_contact_change_together(office: Office) -> None:
    anna = await office.person("anna")
    here, own, there, other = await _two(anna)
    deal = await new_deal(anna, client_id=here, contact_id=own)
    path = f"/deals/{deal['id']}"
    before = await office.counts()
    for body in (
        {"client_id": there},
        {"contact_id": other},
        {"client_id": there, "contact_id": own},
    ):
        assert _refusal(await anna.patch(path, body, version=1)) == (422, "/contact_id")
    fields = {"stage": "offer", "fields": {"client_id": there}}
    assert _refusal(await anna.post(f"{path}/move", fields, version=1)) == (
        422, "/fields/contact_id",
    )  # fmt: skip
    assert await office.counts() == before
    moved = await anna.patch(path, {"client_id": there, "contact_id": other}, version=1)
    assert (moved.status_code, moved.json()["contact_id"]) == (200, other)
    alone = await anna.patch(path, {"client_id": here, "contact_id": None}, version=2)
    assert (alone.json()["client_id"], alone.json()["contact_id"]) == (here, None)


async def test_what_is_inherited_fits(office: Office) -> None:
    anna = await office.person("anna")
    here, own, there, _ = await _two(anna)
    deal = await new_deal(anna, client_id=here, contact_id=own)
    offer = await new_offer(anna, deal_id=deal["id"])
    assert (offer["client_id"], offer["contact_id"]) == (here, own)
    elsewhere = await new_offer(anna, deal_id=deal["id"], client_id=there)
    assert (elsewhere["client_id"], elsewhere["contact_id"]) == (there, None)
    lead = await new_lead(anna, contact_id=own)
    body = {"client": {"name": "New"}, "deal": {}}
    won = await anna.post(f"/leads/{lead['id']}/convert", body, version=1)
    assert won.status_code == 200, won.text
    made = won.json()["deal"]
    assert (made["client_name"], made["contact_id"]) == ("New", None)
    # A person who has gone elsewhere stays with the cards he was there for.
    assert (
        await anna.patch(f"/contacts/{own}", {"client_id": there}, version=1)
    ).status_code == 200
    kept = await anna.patch(f"/deals/{deal['id']}", {"title": "Racks"}, version=deal["version"])
    assert (kept.status_code, kept.json()["contact_id"]) == (200, own)
