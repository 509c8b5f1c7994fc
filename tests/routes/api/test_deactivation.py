"""Who goes hands over all that he looked after, what waits too; nothing is left behind."""

from typing import Any

import pytest

from tests.factories.cards import new_deal, new_renewal
from tests.office import Office, Person

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chief(office: Office) -> Person:
    return await office.person("chief", "admin")


async def owners(chief: Person, path: str) -> set[int]:
    return {row["owner_id"] for row in (await chief.get(path)).json()["items"]}


async def gone(chief: Person, who: Person, version: int = 1, **fields: Any) -> Any:
    return await chief.patch(f"/users/{who.id}", {"active": False, **fields}, version)


async def test_all_that_is_his_goes_to_the_one_named(office: Office, chief: Person) -> None:
    anna, bob = await office.person("anna"), await office.person("bob")
    acme, moon = await office.client(anna), await office.client(bob)
    await new_renewal(anna, client_id=acme)
    await new_deal(anna, client_id=acme)
    strange = await new_renewal(anna, client_id=acme)
    # A renewal for somebody else's client, whose agreement is hers too.
    await chief.post(f"/renewals/{strange['id']}/transfer", {"owner_id": bob.id}, version=1)
    other = (
        await bob.post(
            "/renewals",
            {
                "client_id": moon,
                "amount": "1",
                "renewal_date": "2026-08-01",
            },
        )
    ).json()
    await chief.post(f"/renewals/{other['id']}/transfer", {"owner_id": anna.id}, version=1)
    await anna.post("/tasks", {"title": "Call", "client_id": acme})
    refused = await gone(chief, anna)
    assert refused.status_code == 409
    counted = {name: refused.json()[name] for name in ("cards", "clients", "agreements")}
    assert counted == {"cards": 3, "clients": 1, "agreements": 2}
    reply = await gone(chief, anna, hand_over_to=bob.id, hand_over_note="On leave")
    assert (reply.status_code, reply.json()["active"]) == (200, False), reply.text
    for path in ("/clients", "/renewals", "/deals", "/agreements"):
        assert await owners(chief, path) == {bob.id}, path
    tasks = (await chief.get("/tasks")).json()["items"]
    assert {task["assignee_id"] for task in tasks} == {bob.id}
    line = (await bob.get(f"/renewals/{other['id']}/history")).json()["items"][-1]
    assert (line["event"], line["comment"]) == ("transferred", "On leave")
    assert (await chief.get("/renewals/orphans")).json()["items"] == []


async def test_only_who_goes_hands_over_and_to_somebody_who_works(
    office: Office, chief: Person
) -> None:
    anna, viewer = await office.person("anna"), await office.person("eve", "viewer")
    await office.client(anna)
    before = await office.counts()
    for fields, status in (
        ({"hand_over_to": chief.id, "active": True}, 400),
        ({"hand_over_to": anna.id}, 400),
        ({"hand_over_to": viewer.id}, 403),
        ({"hand_over_to": 10**9}, 404),
    ):
        reply = await gone(chief, anna, **fields)
        assert reply.status_code == status, reply.text
        assert reply.json()["errors"][0]["pointer"] == "/hand_over_to"
    assert (await gone(chief, anna, version=7, hand_over_to=chief.id)).status_code == 412
    assert await office.counts() == before
