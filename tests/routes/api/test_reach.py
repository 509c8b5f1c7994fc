"""Who sees and writes what: managers their own, heads their team's, admins and viewers all."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.factories.cards import DealFactory, new_deal
from tests.office import Office, Person

pytestmark = pytest.mark.anyio


@dataclass
class Company:
    """Two sellers in different teams, a head of one, an admin, a viewer; each seller has a deal."""

    office: Office
    people: dict[str, Person]
    clients: dict[str, int]
    deals: dict[str, dict[str, Any]]


@pytest.fixture
async def company(office: Office) -> Company:
    north, south = await office.team("north"), await office.team("south")
    people = {
        "anna": await office.person("anna", team_id=north),
        "boris": await office.person("boris", team_id=south),
        "head": await office.person("head", "head", team_id=north),
        "admin": await office.person("admin", "admin"),
        "viewer": await office.person("viewer", "viewer"),
    }
    clients, deals = {}, {}
    for name in ("anna", "boris"):
        clients[name] = await office.client(people[name], name)
        deals[name] = await new_deal(people[name], client_id=clients[name], amount="5")
    return Company(office, people, clients, deals)


SEES = {
    "anna": {"anna"}, "boris": {"boris"}, "head": {"anna"}, "admin": {"anna", "boris"},
    "viewer": {"anna", "boris"},
}  # fmt: skip


async def test_what_one_may_not_see_does_not_exist(company: Company) -> None:
    for name, person in company.people.items():
        found = (await person.get("/deals", count="true")).json()
        assert {row["id"] for row in found["items"]} == {
            company.deals[owner]["id"] for owner in SEES[name]
        }
        assert found["total"] == len(SEES[name])
        for owner, deal in company.deals.items():
            status = 200 if owner in SEES[name] else 404
            for path in (f"/deals/{deal['id']}", f"/deals/{deal['id']}/history"):
                assert (await person.get(path)).status_code == status, (name, path)
            client = await person.get(f"/clients/{company.clients[owner]}")
            assert client.status_code == status, (name, owner)
            searched = (await person.get("/deals", q=owner)).json()["items"]
            assert len(searched) == (owner in SEES[name])


WRITES = {"anna": {"anna"}, "boris": {"boris"}, "head": {"anna"}, "admin": {"anna", "boris"}}


async def test_what_one_may_not_write_is_404_unseen_and_403_seen(company: Company) -> None:
    for name, person in company.people.items():
        for owner, deal in company.deals.items():
            path = f"/deals/{deal['id']}"
            body = {"title": f"{name} was here"}
            reply = await person.patch(path, body, version=deal["version"])
            if name == "viewer":
                assert reply.status_code == 403
            elif owner not in WRITES[name]:
                assert reply.status_code == 404
            else:
                assert reply.status_code == 200
                company.deals[owner] = reply.json()


async def test_the_owner_of_a_client_reads_its_cards_and_writes_none_of_them(
    company: Company,
) -> None:
    """The admin has a deal of his own with Boris' client."""
    boris, admin = company.people["boris"], company.people["admin"]
    deal = await new_deal(admin, client_id=company.clients["boris"])
    path = f"/deals/{deal['id']}"
    assert (await boris.get(path)).json() == deal
    assert deal["id"] in [row["id"] for row in (await boris.get("/deals")).json()["items"]]
    for method, where, body in (
        ("PATCH", path, {"title": "x"}),
        ("POST", f"{path}/move", {"stage": "offer"}),
        ("POST", f"{path}/undo", None),
        ("POST", f"{path}/transfer", {"owner_id": boris.id}),
        ("DELETE", path, None),
    ):
        headers = {"If-Match": '"1"'}
        reply = await boris.http.request(method, where, json=body, headers=headers)
        assert reply.status_code == 403, (method, where)
    assert (await company.people["anna"].get(path)).status_code == 404


async def test_the_owner_of_a_card_reads_its_client_and_does_not_write_it(
    company: Company,
) -> None:
    anna, admin = company.people["anna"], company.people["admin"]
    client = f"/clients/{company.clients['boris']}"
    assert (await anna.get(client)).status_code == 404
    fields = {"client_id": company.clients["boris"], "owner_id": anna.id}
    deal = await new_deal(admin, **fields)
    assert deal["owner_id"] == anna.id
    seen = await anna.get(client)
    assert seen.status_code == 200
    version = seen.json()["version"]
    assert (await anna.patch(client, {"name": "x"}, version=version)).status_code == 403
    # She may make another card for him: he exists for her now.
    assert (await new_deal(anna, client_id=company.clients["boris"]))["client_name"] == "boris"
    # His other cards do not exist for her all the same.
    other = f"/deals/{company.deals['boris']['id']}"
    assert (await anna.get(other)).status_code == 404


async def test_whom_one_may_make_a_card_for(company: Company) -> None:
    people = company.people
    for name, owner, status in (
        ("anna", "anna", 201), ("anna", "boris", 403), ("head", "anna", 201),
        ("head", "boris", 403), ("admin", "boris", 201), ("viewer", "viewer", 403),
    ):  # fmt: skip
        body = DealFactory.body(client_id=company.clients["anna"], owner_id=people[owner].id)
        reply = await people[name].post("/deals", body)
        assert reply.status_code == status, (name, owner, reply.text)
    nobody = DealFactory.body(client_id=company.clients["anna"], owner_id=10**9)
    assert (await people["admin"].post("/deals", nobody)).status_code == 404


async def test_a_card_for_a_client_that_does_not_exist_for_him(company: Company) -> None:
    before = await company.office.counts()
    reply = await company.people["anna"].post(
        "/deals", DealFactory.body(client_id=company.clients["boris"])
    )
    assert reply.status_code == 404
    assert reply.json()["errors"][0]["pointer"] == "/client_id"
    moved = await company.people["anna"].patch(
        f"/deals/{company.deals['anna']['id']}", {"client_id": company.clients["boris"]}, version=1
    )
    assert moved.status_code == 404
    assert await company.office.counts() == before


async def test_who_may_give_what_to_whom(company: Company) -> None:
    """A manager gives his own to anybody, a head within his teams, an admin anything."""
    people = company.people
    for name, owner, target, status in (
        ("boris", "anna", "boris", 404), ("head", "anna", "boris", 403),
        ("viewer", "anna", "boris", 403), ("head", "anna", "head", 200),
        ("head", "head", "anna", 200), ("anna", "anna", "boris", 200),
        ("admin", "boris", "anna", 200),
    ):  # fmt: skip
        deal = (await people["admin"].get(f"/deals/{company.deals['anna']['id']}")).json()
        assert deal["owner_id"] == people[owner].id
        path = f"/deals/{deal['id']}/transfer"
        reply = await people[name].post(
            path, {"owner_id": people[target].id}, version=deal["version"]
        )
        assert reply.status_code == status, (name, target, reply.text)
        if status == 200:
            assert reply.json()["owner_id"] == people[target].id


async def test_a_gift_is_new_until_it_is_touched(company: Company) -> None:
    anna, boris = company.people["anna"], company.people["boris"]
    deal = company.deals["anna"]
    path = f"/deals/{deal['id']}"
    body = {"owner_id": boris.id, "note": "Careful"}
    given = (await anna.post(f"{path}/transfer", body, version=1)).json()
    assert (given["is_new_to_owner"], given["version"]) == (True, 2)
    line = (await boris.get(f"{path}/history")).json()["items"][-1]
    assert (line["event"], line["comment"]) == ("transferred", "Careful")
    # The client is hers still, so the card is there for her, to read.
    assert (await anna.get(path)).json()["owner_id"] == boris.id
    assert (await anna.patch(path, {"title": "x"}, version=2)).status_code == 403
    touched = (await boris.patch(path, {"title": "Mine"}, version=2)).json()
    assert (touched["is_new_to_owner"], touched["version"]) == (False, 3)


async def test_a_token_of_somebody_who_left_is_no_token(company: Company) -> None:
    admin, anna = company.people["admin"], company.people["anna"]
    deal = company.deals["anna"]
    body = {"owner_id": admin.id}
    assert (await anna.post(f"/deals/{deal['id']}/transfer", body, version=1)).is_success
    user = (await admin.get(f"/users/{anna.id}")).json()
    refused = await admin.patch(f"/users/{anna.id}", {"active": False}, version=user["version"])
    assert refused.status_code == 409, "a client is hers still"
    client = f"/clients/{company.clients['anna']}"
    version = (await admin.get(client)).json()["version"]
    assert (await admin.post(f"{client}/transfer", body, version=version)).is_success
    left = await admin.patch(f"/users/{anna.id}", {"active": False}, version=user["version"])
    assert left.status_code == 200, left.text
    assert (await anna.get("/deals")).status_code == 401
