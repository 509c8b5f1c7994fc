"""Clients under the name another system gave them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from backend.db.models import client
from tests.conftest import FreshDatabase
from tests.office import Office

pytestmark = pytest.mark.anyio


async def test_made_once_and_merged_ever_after(office: Office) -> None:
    anna = await office.person("anna")
    path = "/clients/by-external-id/1C-7"
    made = await anna.put(path, {"name": "Acme", "phone": "1"})
    assert made.status_code == 201, made.text
    told = made.json()
    assert made.headers["location"] == f"/api/v1/clients/{told['id']}"
    assert (told["external_id"], told["version"], told["phone"]) == ("1C-7", 1, "1")
    before = await office.counts()
    same = await anna.put(path, {"name": "Acme", "phone": "1", "owner_id": anna.id})
    assert (same.status_code, same.json()) == (200, told)
    assert same.headers["etag"] == made.headers["etag"]
    assert await office.counts() == before
    merged = await anna.put(path, {"email": "a@b.example", "external_id": "1C-7"})
    assert merged.status_code == 200
    assert merged.json() == told | {"email": "a@b.example", "version": 2}
    stale = await anna.put(path, {"phone": "2"}, version=1)
    assert stale.status_code == 412


NAMES = ["1C/7", "a//b/", "/a", "Клиент №5", "a b?c#d%", "..", "x" * 128]


@pytest.mark.parametrize("name", NAMES)
async def test_any_text_is_a_name(office: Office, name: str) -> None:
    anna = await office.person("anna")
    quoted = "".join(f"%{byte:02X}" for byte in name.encode())
    made = await anna.put(f"/clients/by-external-id/{quoted}", {"name": "Acme"})
    assert made.status_code == 201, made.text
    assert made.json()["external_id"] == name
    found = (await anna.get("/clients", external_id=name)).json()["items"]
    assert [row["id"] for row in found] == [made.json()["id"]]


async def test_refused_puts_leave_no_trace(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    admin = await office.person("admin", role="admin")
    path = "/clients/by-external-id/x"
    made = (await anna.put(path, {"name": "Acme"})).json()
    seen = (await anna.put("/clients/by-external-id/y", {"name": "Seen"})).json()
    card = {"title": "Servers", "client_id": seen["id"], "owner_id": boris.id}
    assert (await admin.post("/deals", card)).status_code == 201
    gone = (await anna.put("/clients/by-external-id/z", {"name": "Gone"})).json()
    assert (await anna.delete(f"/clients/{gone['id']}", version=1)).status_code == 204
    before = await office.counts()
    cases: list[tuple[Any, str, Any, int]] = [
        (anna, "/clients/by-external-id/new", {"phone": "1"}, 400),
        (anna, path, {"external_id": "y"}, 400),
        (anna, path, {"owner_id": boris.id}, 409),
        (anna, path, {"status": "asleep"}, 422),
        (boris, path, {"name": "Mine"}, 409),
        (boris, "/clients/by-external-id/y", {"name": "Mine"}, 403),
        (anna, "/clients/by-external-id/z", {"name": "Back"}, 409),
        (anna, "/clients/by-external-id/" + "x" * 129, {"name": "Long"}, 400),
        (anna, "/clients/by-external-id/%FF", {"name": "Bytes"}, 400),
    ]
    for person, where, fields, status in cases:
        refused = await person.put(where, fields)
        assert refused.status_code == status, (where, fields, refused.text)
    assert await office.counts() == before
    assert (await anna.get(f"/clients/{made['id']}")).json() == made


async def test_a_taken_name_sounds_the_same_seen_or_not(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    await anna.put("/clients/by-external-id/x", {"name": "Acme"})
    other = (await anna.post("/clients", {"name": "Other"})).json()
    seen = await anna.patch(f"/clients/{other['id']}", {"external_id": "x"}, version=1)
    hidden = await boris.put("/clients/by-external-id/x", {"name": "Mine"})
    posted = await boris.post("/clients", {"name": "Mine", "external_id": "x"})
    told = {(r.status_code, r.json()["detail"], r.json()["type"]) for r in (seen, hidden, posted)}
    assert told == {(409, "This external_id is taken by another record", "/problems/conflict")}


async def test_rivals_make_one_client(fresh_database: FreshDatabase) -> None:
    office = Office(fresh_database.database)
    anna = await office.person("anna")
    bodies = [{"name": "Acme", "phone": str(number)} for number in range(6)]
    replies = await asyncio.gather(
        *(anna.put("/clients/by-external-id/x", body) for body in bodies)
    )
    assert sorted(reply.status_code for reply in replies) == [200] * 5 + [201]
    count = select(func.count()).select_from(client)
    assert await office.do(lambda tx: tx.scalar(count)) == 1
    assert {reply.json()["version"] for reply in replies} == {1, 2, 3, 4, 5, 6}


async def test_a_client_is_deleted_or_worked_with_but_not_both(
    fresh_database: FreshDatabase,
) -> None:
    office = Office(fresh_database.database)
    anna = await office.person("anna")
    for _ in range(5):
        acme = await office.client(anna)
        gone, made = await asyncio.gather(
            anna.delete(f"/clients/{acme}", version=1),
            anna.post("/deals", {"title": "Sale", "client_id": acme}),
        )
        assert (gone.status_code, made.status_code) in ((204, 404), (409, 201))
