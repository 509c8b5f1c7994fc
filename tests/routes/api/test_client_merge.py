"""Merging a double into a client over REST: what goes over, what stays, who may."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from backend.db.models import contact
from tests.office import Office, Person
from tests.routes.api.chain import set_up

pytestmark = pytest.mark.anyio


async def _client(person: Person, **fields: Any) -> dict[str, Any]:
    made = await person.post("/clients", {"name": "Acme", **fields})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def _contact(office: Office, client_id: int) -> None:
    row = {
        "client_id": client_id, "name": "Пётр", "name_key": "петр",
        "created_at": office.now, "updated_at": office.now,
    }  # fmt: skip
    await office.do(lambda tx: tx.run(insert(contact).values(**row)))


async def test_all_that_is_the_doubles_becomes_the_clients(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    admin = await office.person("admin", role="admin")
    kept = await _client(anna, phone="1", custom={"a": 1})
    double = await _client(
        anna, name="Acme Ltd", phone="2", email="a@b.example", external_id="1C-7",
        segment="golden", custom={"a": 2, "b": 3},
    )  # fmt: skip
    mine = (await anna.post("/deals", {"title": "One", "client_id": double["id"]})).json()
    card = {"title": "Two", "client_id": double["id"], "owner_id": boris.id}
    his = (await admin.post("/deals", card)).json()
    agreed = {"title": "Licence", "client_id": double["id"], "renewal_date": "2027-01-31"}
    agreement = (await anna.post("/agreements", agreed)).json()
    await _contact(office, double["id"])
    body = {"other_id": double["id"]}
    merged = await anna.post(f"/clients/{kept['id']}/merge", body, version=1)
    assert merged.status_code == 200, merged.text
    told = merged.json()
    assert {name: told[name] for name in ("name", "phone", "email", "external_id", "segment")} == {
        "name": "Acme", "phone": "1", "email": "a@b.example", "external_id": "1C-7",
        "segment": "golden",
    }  # fmt: skip
    assert (told["custom"], told["version"], told["relation"]) == ({"a": 1, "b": 3}, 2, "prospect")
    assert (await anna.get(f"/clients/{double['id']}")).status_code == 404
    deals = (await anna.get("/deals", client_id=kept["id"])).json()["items"]
    assert [(row["id"], row["owner_id"], row["version"]) for row in deals] == [
        (mine["id"], anna.id, 2), (his["id"], boris.id, 2),
    ]  # fmt: skip
    renewed = (await anna.get("/renewals", client_id=kept["id"])).json()["items"]
    assert [row["id"] for row in renewed] == [agreement["pending_renewal_id"]]
    owned = (await anna.get("/agreements", client_id=kept["id"])).json()["items"]
    assert [(row["id"], row["version"]) for row in owned] == [(agreement["id"], 2)]
    assert await office.do(lambda tx: tx.scalar(select(contact.c.client_id))) == kept["id"]
    past = (await anna.get(f"/deals/{mine['id']}/history")).json()["items"]
    assert past[-1]["changes"] == [
        {"field": "client_id", "before": double["id"], "after": kept["id"]}
    ]
    assert (await boris.get(f"/clients/{kept['id']}")).status_code == 200
    taken = await anna.put("/clients/by-external-id/1C-7", {"phone": "1"})
    assert taken.json()["id"] == kept["id"]


async def test_refused_merges_leave_no_trace(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    admin = await office.person("admin", role="admin")
    kept, double, hidden = await _client(anna), await _client(anna), await _client(boris)
    seen = await _client(boris)
    card = {"title": "One", "client_id": seen["id"], "owner_id": anna.id}
    assert (await admin.post("/deals", card)).status_code == 201
    path = f"/clients/{kept['id']}/merge"
    before = await office.counts()
    cases: list[tuple[Person, dict[str, Any], int | None, int]] = [
        (anna, {"other_id": kept["id"]}, 1, 400), (anna, {}, 1, 400),
        (anna, {"other_id": double["id"]}, None, 428), (anna, {"other_id": double["id"]}, 2, 412),
        (anna, {"other_id": hidden["id"]}, 1, 404), (anna, {"other_id": 999_999}, 1, 404),
        (anna, {"other_id": seen["id"]}, 1, 403), (boris, {"other_id": hidden["id"]}, 1, 404),
    ]  # fmt: skip
    for person, body, version, status in cases:
        refused = await person.post(path, body, version=version)
        assert refused.status_code == status, (body, refused.text)
    unknown = (await anna.post(path, {"other_id": hidden["id"]}, version=1)).json()
    assert unknown["errors"][0]["pointer"] == "/other_id"
    assert await office.counts() == before
    for told in (kept, double):
        assert (await anna.get(f"/clients/{told['id']}")).json() == told


@pytest.mark.parametrize("gone", ["client", "double"])
async def test_who_has_a_running_agreement_is_not_gone(office: Office, gone: str) -> None:
    chain = await set_up(office)
    other = await office.client(chain.anna, "Acme Ltd")
    kept, double = (chain.client_id, other) if gone == "client" else (other, chain.client_id)
    chain.on("2026-05-09")
    await chain.lost(await chain.renewal())
    chain.on("2026-06-01")
    assert (await chain.anna.get(f"/clients/{chain.client_id}")).json()["relation"] == "churned"
    await chain.renewal(client_id=other, renewal_date="2027-01-31")
    merged = await chain.anna.post(f"/clients/{kept}/merge", {"other_id": double}, version=1)
    assert (merged.status_code, merged.json()["churned_on"]) == (200, None), merged.text
    assert merged.json()["relation"] != "churned"
    chain.client_id = kept
    assert await chain.churn() == [("2026-05-09", "2026-06-01", False)]
