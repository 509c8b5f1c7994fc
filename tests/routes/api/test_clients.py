"""Clients over REST: written, listed, found, deleted; what is not one's own."""

from typing import Any

import httpx
import pytest

from tests.factories.contacts import new_contact
from tests.office import Office, Person

pytestmark = pytest.mark.anyio


async def _client(person: Person, **fields: Any) -> dict[str, Any]:
    made = await person.post("/clients", {"name": "Acme", **fields})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a_client_is_made_read_and_listed(office: Office) -> None:
    anna = await office.person("anna")
    made = await anna.post(
        "/clients",
        {
            "name": "  ООО «Ромашка» ", "phone": "+7 900 000-00-00", "email": "a@b.example",
            "tax_id": "7707083893", "segment": "golden", "credit_limit": "1500.5",
            "discount_cap": 12.5, "custom": {"floor": 3}, "external_id": "1C-7",
        },
    )  # fmt: skip
    assert made.status_code == 201, made.text
    told = made.json()
    assert made.headers["location"] == f"/api/v1/clients/{told['id']}"
    assert {name: told[name] for name in ("name", "kind", "status", "relation")} == {
        "name": "ООО «Ромашка»", "kind": "company", "status": "presale", "relation": "potential",
    }  # fmt: skip
    assert (told["credit_limit"], told["discount_cap"], told["currency"]) == (
        "1500.50", "12.50", "RUB",
    )  # fmt: skip
    assert (told["owner_name"], told["churned_on"], told["ltv"]) == ("anna", None, [])
    assert (told["custom"], told["version"]) == ({"floor": 3}, 1)
    read = await anna.get(f"/clients/{told['id']}")
    assert (read.json(), read.headers["etag"]) == (told, made.headers["etag"])
    again = await anna.http.get(
        f"/clients/{told['id']}", headers={"If-None-Match": read.headers["etag"]}
    )
    assert again.status_code == 304
    listed = (await anna.get("/clients", count="true")).json()
    assert listed == {"items": [told], "next_cursor": None, "total": 1}


FILTERS = [
    ({"kind": "person"}, [3]),
    ({"status": "in_work"}, [2]),
    ({"segment": "small"}, [3]),
    ({"external_id": "x-1"}, [1]),
    ({"tax_id": "123"}, [1]),
    ({"email": "b@c.example"}, [2]),
    ({"phone": "555"}, [2]),
    ({"q": "ЛЕС"}, [1, 2]),
    ({"q": "елк"}, [3]),
    ({"q": "100%"}, []),
    ({"q": "B@C"}, [2]),
    ({"q": "сокол"}, [3]),
    ({"q": "Vera@"}, [3]),
    ({"q": "8 (495) 123-45-67"}, [3]),
    ({"q": "123 45"}, [3]),
    ({"q": "123"}, [1, 3]),
    ({"q": "12"}, [1]),
    ({"q": "прежн"}, []),
    ({"created_from": "2026-03-10"}, [1, 2, 3]),
    ({"created_from": "2026-03-11"}, []),
    ({"created_to": "2026-03-10"}, [1, 2, 3]),
    ({"created_to": "2026-03-09"}, []),
    ({"updated_since": "2026-03-10T09:00:00Z"}, [1, 2, 3]),
    ({"updated_since": "2026-03-10T09:00:01Z"}, []),
    ({"sort": "-name"}, [2, 1, 3]),
    ({"sort": "name"}, [3, 1, 2]),
    ({"sort": "-id"}, [3, 2, 1]),
    ({"sort": "created_at"}, [1, 2, 3]),
]


async def test_filters_and_sorts(office: Office) -> None:
    anna = await office.person("anna")
    ids = [
        (await _client(anna, **fields))["id"]
        for fields in (
            {"name": "Лес", "external_id": "x-1", "tax_id": "123"},
            {"name": "лесопилка", "status": "in_work", "email": "b@c.example", "phone": "555"},
            {"name": "Ёлкина Анна", "kind": "person", "segment": "small"},
        )
    ]
    vera = {"phone": "+7\N{NO-BREAK SPACE}495 123-45-67", "email": "vera@d.example"}
    await new_contact(anna, client_id=ids[2], name="Вера Соколова", **vera)
    gone = await new_contact(anna, client_id=ids[2], name="Прежняя")
    await anna.delete(f"/contacts/{gone['id']}", version=1)
    for params, expected in FILTERS:
        found = (await anna.get("/clients", **params)).json()["items"]
        assert [ids.index(row["id"]) + 1 for row in found] == expected, params
    for params in ({"sort": "phone"}, {"colour": "red"}, {"owner_id": "x"}, {"limit": "0"}):
        assert (await anna.get("/clients", **params)).status_code == 400


async def test_pages_follow_the_cursor(office: Office) -> None:
    anna = await office.person("anna")
    ids = [(await _client(anna, name=name))["id"] for name in ("b", "a", "b", "c")]
    first = (await anna.get("/clients", sort="name", limit=2)).json()
    assert [row["id"] for row in first["items"]] == [ids[1], ids[0]]
    rest = (await anna.get("/clients", sort="name", limit=2, cursor=first["next_cursor"])).json()
    assert [row["id"] for row in rest["items"]] == [ids[2], ids[3]]
    assert rest["next_cursor"] is None
    other = await anna.get("/clients", sort="id", cursor=first["next_cursor"])
    assert other.status_code == 400


async def test_an_edit_writes_what_is_given_and_nothing_where_nothing_changes(
    office: Office,
) -> None:
    anna = await office.person("anna")
    made = await _client(anna, credit_limit="100", custom={"a": 1, "b": 2})
    path = f"/clients/{made['id']}"
    same = await anna.patch(path, {"name": "Acme", "credit_limit": "100.00"}, version=1)
    assert (same.status_code, same.json()["version"]) == (200, 1)
    before = await office.counts()
    edited = await anna.patch(
        path, {"currency": "JPY", "custom": {"b": None, "c": "x"}, "phone": " "}, version=1
    )
    assert edited.status_code == 200, edited.text
    told = edited.json()
    assert (told["currency"], told["credit_limit"], told["version"]) == ("JPY", "100", 2)
    assert (told["custom"], told["phone"]) == ({"a": 1, "c": "x"}, None)
    after = await office.counts()
    assert after["change"] == before["change"] + 1


BAD = [
    ({"name": " "}, 400, "/name"),
    ({"status": "asleep"}, 422, "/status"),
    ({"status": ""}, 400, "/status"),
    ({"segment": "presale"}, 422, "/segment"),
    ({"currency": "XYZ"}, 400, "/currency"),
    ({"credit_limit": "1.234"}, 400, "/credit_limit"),
    ({"credit_limit": -1}, 400, "/credit_limit"),
    ({"discount_cap": "100.01"}, 400, "/discount_cap"),
    ({"discount_cap": "0.001"}, 400, "/discount_cap"),
    ({"email": "nobody"}, 400, "/email"),
    ({"owner_id": 1}, 400, None),
    ({"relation": "client"}, 400, None),
]


async def test_refused_fields_leave_no_trace(office: Office) -> None:
    anna = await office.person("anna")
    made = await _client(anna)
    before = await office.counts()
    for fields, status, pointer in BAD:
        refused = await anna.patch(f"/clients/{made['id']}", fields, version=1)
        assert refused.status_code == status, (fields, refused.text)
        if pointer is not None:
            assert refused.json()["errors"][0]["pointer"] == pointer
    for fields in ({}, {"name": "X", "status": "asleep"}, {"name": "X", "colour": 1}):
        assert (await anna.post("/clients", fields)).status_code in (400, 422)
    assert await office.counts() == before
    assert (await anna.get(f"/clients/{made['id']}")).json() == made


async def test_who_may_see_and_write(office: Office) -> None:
    """The owner writes; who owns a card of the client reads; nobody else knows of him."""
    anna, boris, clara = [await office.person(name) for name in ("anna", "boris", "clara")]
    watcher = await office.person("watcher", role="viewer")
    admin = await office.person("admin", role="admin")
    made = await _client(anna)
    path = f"/clients/{made['id']}"
    deal = await admin.post(
        "/deals", {"title": "Servers", "client_id": made["id"], "owner_id": boris.id}
    )
    assert deal.status_code == 201, deal.text
    edits = {"phone": "1"}
    table = [(anna, 200, 200), (boris, 200, 403), (clara, 404, 404), (watcher, 200, 403)]
    for person, reads, writes in table:
        assert (await person.get(path)).status_code == reads
        assert (await person.patch(path, edits, version=1)).status_code == writes
        if writes != 200:
            assert (await person.delete(path, version=1)).status_code == writes
            gift = await person.post(f"{path}/transfer", {"owner_id": clara.id}, version=1)
            assert gift.status_code == writes
    assert [row["id"] for row in (await clara.get("/clients")).json()["items"]] == []
    assert (await watcher.post("/clients", {"name": "X"})).status_code == 403
    given = await anna.post("/clients", {"name": "X", "owner_id": boris.id})
    assert given.status_code == 403


async def test_scopes(office: Office) -> None:
    anna = await office.person("anna", scopes=("clients:read",))
    cards = await office.signed_in(anna.id, ("cards:read", "cards:write"))
    assert (await anna.get("/clients")).status_code == 200
    assert (await anna.post("/clients", {"name": "X"})).status_code == 403
    assert (await cards.get("/clients")).status_code == 403


async def test_the_order_of_checks(office: Office) -> None:
    anna = await office.person("anna")
    made = await _client(anna)
    path = f"/clients/{made['id']}"
    assert (await anna.patch(path, {"phone": "1"})).status_code == 428
    stale = await anna.patch(path, {"phone": "1"}, version=9)
    now = (await anna.get(path)).headers["etag"]
    assert (stale.status_code, stale.headers["etag"]) == (412, now)
    assert (await anna.patch(path, {"phone": 1}, version=9)).status_code == 400
    assert (await anna.patch("/clients/999999", {"phone": "1"})).status_code == 404


async def test_a_client_with_work_under_way_stays(office: Office) -> None:
    anna = await office.person("anna")
    made = await _client(anna)
    path = f"/clients/{made['id']}"
    deal = (await anna.post("/deals", {"title": "Servers", "client_id": made["id"]})).json()
    refused = await anna.delete(path, version=1)
    assert refused.status_code == 409
    assert "open cards: 1" in refused.json()["detail"]
    move = {"stage": "won", "fields": {"renewal_period": "P1Y"}}
    assert (await anna.post(f"/deals/{deal['id']}/move", move, version=1)).status_code == 200
    refused = await anna.delete(path, version=1)
    assert refused.status_code == 409
    assert "running agreements: 1" in refused.json()["detail"]
    renewal = (await anna.get("/renewals", client_id=made["id"])).json()["items"][0]
    reason = await office.reason("no_answer", "renewals")
    lost = await anna.post(
        f"/renewals/{renewal['id']}/move", {"stage": "not_renewed", "reason_id": reason}, version=1
    )
    assert lost.status_code == 200, lost.text
    gone = await anna.delete(path, version=1)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await anna.get(path)).status_code == 404
    assert (await anna.get("/clients")).json()["items"] == []
    late = await anna.post("/deals", {"title": "More", "client_id": made["id"]})
    assert late.status_code == 404
    back = await anna.post(f"{path}/restore")
    assert (back.status_code, back.json()["version"]) == (200, 3)
    assert (await anna.post(f"{path}/restore")).json()["version"] == 3


async def test_a_repeated_post_makes_one_client(office: Office) -> None:
    anna = await office.person("anna")

    async def once() -> httpx.Response:
        return await anna.post("/clients", {"name": "Acme"}, Idempotency_Key="k-1")

    first, second = await once(), await once()
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert (await anna.get("/clients", count="true")).json()["total"] == 1
