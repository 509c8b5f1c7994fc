"""Contacts over REST: the people at a client, who may read and change them, the primary one."""

import pytest

from tests.factories.clients import new_client
from tests.factories.contacts import new_contact
from tests.office import Office

pytestmark = pytest.mark.anyio


async def test_a_contact_is_made_read_and_listed(office: Office) -> None:
    anna = await office.person("anna")
    client_id = (await new_client(anna))["id"]
    made = await anna.post(
        "/contacts",
        {
            "client_id": client_id, "name": " Пётр  Иванов ", "job_title": "Директор",
            "phone": "+7 900 000-00-00", "email": "Petr@Acme.example", "messenger": "@petr",
            "preferred_channel": "message", "is_primary": True, "note": "Звонить после обеда",
            "custom": {"floor": 3, "none": None}, "external_id": "1C-7",
        },
    )  # fmt: skip
    assert made.status_code == 201, made.text
    told = made.json()
    assert made.headers["location"] == f"/api/v1/contacts/{told['id']}"
    assert told == {
        "id": told["id"], "external_id": "1C-7", "client_id": client_id, "client_name": "Acme",
        "name": "Пётр  Иванов", "job_title": "Директор", "phone": "+7 900 000-00-00",
        "email": "Petr@Acme.example", "messenger": "@petr", "preferred_channel": "message",
        "is_primary": True, "note": "Звонить после обеда", "custom": {"floor": 3}, "version": 1,
        "created_at": "2026-03-10T09:00:00Z", "updated_at": "2026-03-10T09:00:00Z",
    }  # fmt: skip
    read = await anna.get(f"/contacts/{told['id']}")
    assert (read.json(), read.headers["etag"]) == (told, made.headers["etag"])
    known = {"If-None-Match": read.headers["etag"]}
    assert (await anna.http.get(f"/contacts/{told['id']}", headers=known)).status_code == 304
    listed = (await anna.get("/contacts", count="true")).json()
    assert listed == {"items": [told], "next_cursor": None, "total": 1}


FILTERS = [
    ({"external_id": "x-1"}, [1]),
    ({"email": "B@C.example"}, [2]),
    ({"phone": "555"}, [2]),
    ({"is_primary": "true"}, [3]),
    ({"is_primary": "false"}, [1, 2, 4]),
    ({"q": "ЛЕС"}, [1, 2]),
    ({"q": "елк"}, [3]),
    ({"q": "c.EXAMPLE"}, [2]),
    ({"q": "555"}, [2]),
    ({"q": "100%"}, []),
    ({"updated_since": "2026-03-10T09:00:00Z"}, [1, 2, 3, 4]),
    ({"updated_since": "2026-03-10T09:00:01Z"}, []),
    ({"sort": "-name"}, [2, 1, 3, 4]),
    ({"sort": "name"}, [4, 3, 1, 2]),
    ({"sort": "-id"}, [4, 3, 2, 1]),
]


async def test_filters_and_sorts(office: Office) -> None:
    anna = await office.person("anna")
    here, there = (await new_client(anna))["id"], (await new_client(anna))["id"]
    people = [
        await new_contact(anna, client_id=here, name="Лес", external_id="x-1"),
        await new_contact(anna, client_id=here, name="леся", email="b@C.example", phone="555"),
        await new_contact(anna, client_id=here, name="Ёлкина", is_primary=True),
        await new_contact(anna, client_id=there, name="Ada"),
    ]
    ids = [one["id"] for one in people]
    for params, expected in [*FILTERS, ({"client_id": there}, [4])]:
        found = (await anna.get("/contacts", **params)).json()["items"]
        assert [ids.index(row["id"]) + 1 for row in found] == expected, params
    for params in ({"sort": "phone"}, {"colour": "red"}, {"client_id": "x"}, {"limit": "0"}):
        assert (await anna.get("/contacts", **params)).status_code == 400
    first = (await anna.get("/contacts", sort="name", limit=3)).json()
    rest = (await anna.get("/contacts", sort="name", limit=3, cursor=first["next_cursor"])).json()
    assert ([row["id"] for row in rest["items"]], rest["next_cursor"]) == ([ids[1]], None)


async def test_an_edit_writes_what_is_given_and_nothing_where_nothing_changes(
    office: Office,
) -> None:
    anna = await office.person("anna")
    client_id = (await new_client(anna))["id"]
    made = await new_contact(anna, client_id=client_id, custom={"a": 1, "b": 2})
    path = f"/contacts/{made['id']}"
    before = await office.counts()
    same = await anna.patch(path, {"name": "Pyotr Ivanov", "client_id": client_id}, version=1)
    assert (same.status_code, same.json()["version"]) == (200, 1)
    for body, version, status in (
        ({"name": "X"}, None, 428),
        ({"name": "X"}, 2, 412),
        ({"name": " "}, 1, 400),
        ({"client_id": None}, 1, 400),
        ({"email": "a b@c"}, 1, 400),
        ({"owner_id": anna.id}, 1, 400),
        ({"client_id": 999999}, 1, 404),
    ):
        assert (await anna.patch(path, body, version)).status_code == status, body
    assert await office.counts() == before
    told = (await anna.patch(path, {"custom": {"b": None}, "phone": "1"}, version=1)).json()
    assert (told["custom"], told["phone"], told["version"]) == ({"a": 1}, "1", 2)
    assert office.delivered[-1].id == made["id"]


async def test_rights_follow_the_client(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    carl, viewer = await office.person("carl"), await office.person("vera", role="viewer")
    own = (await new_client(anna))["id"]
    made = await new_contact(anna, client_id=own)
    path = f"/contacts/{made['id']}"
    deal = {"title": "Servers", "client_id": own}
    admin = await office.person("admin", role="admin")
    assert (await admin.post("/deals", {**deal, "owner_id": boris.id})).status_code == 201
    reader = await office.signed_in(anna.id, ("clients:read",))
    cards = await office.signed_in(anna.id, ("cards:read", "cards:write"))
    before = await office.counts()
    # Boris has a card of the client: he reads its people. For Carl they do not exist.
    assert (await boris.get(path)).status_code == 200
    assert (await viewer.get(path)).status_code == 200
    assert (await carl.get(path)).status_code == 404
    assert (await carl.get("/contacts", count="true")).json()["total"] == 0
    body = {"client_id": own, "name": "X"}
    for person, status in ((boris, 403), (carl, 404), (viewer, 403)):
        assert (await person.patch(path, {"name": "X"}, version=1)).status_code == status
        assert (await person.delete(path, version=1)).status_code == status
        assert (await person.post(f"{path}/restore")).status_code == status
        assert (await person.post("/contacts", body)).status_code == status
    assert (await reader.post("/contacts", body)).status_code == 403
    assert (await cards.get(path)).status_code == 403
    assert await office.counts() == before


async def test_one_contact_is_primary(office: Office) -> None:
    anna = await office.person("anna")
    here, there = (await new_client(anna))["id"], (await new_client(anna))["id"]
    first = await new_contact(anna, client_id=here, is_primary=True)
    second = await new_contact(anna, client_id=here, is_primary=True)
    seen = (await anna.get(f"/contacts/{first['id']}")).json()
    assert (seen["is_primary"], seen["version"]) == (False, 2)
    took = await anna.patch(f"/contacts/{first['id']}", {"is_primary": True}, version=2)
    assert (took.status_code, took.json()["is_primary"]) == (200, True)
    seen = (await anna.get(f"/contacts/{second['id']}")).json()
    assert (seen["is_primary"], seen["version"]) == (False, 2)
    # Whoever goes to another client is not the first one there unless that is said.
    gone = await anna.patch(f"/contacts/{first['id']}", {"client_id": there}, version=3)
    assert (gone.json()["client_id"], gone.json()["is_primary"]) == (there, False)


async def test_delete_and_restore(office: Office) -> None:
    anna = await office.person("anna")
    client_id = (await new_client(anna))["id"]
    made = await new_contact(anna, client_id=client_id, is_primary=True)
    path = f"/contacts/{made['id']}"
    assert (await anna.delete(path)).status_code == 428
    assert (await anna.delete(path, version=2)).status_code == 412
    assert (await anna.delete(path, version=1)).status_code == 204
    assert (await anna.get(path)).status_code == 404
    assert (await anna.patch(path, {"name": "X"}, version=2)).status_code == 404
    assert (await anna.get("/contacts", count="true")).json()["total"] == 0
    other = await new_contact(anna, client_id=client_id, is_primary=True)
    back = await anna.post(f"{path}/restore")
    assert (back.status_code, back.json()["version"], back.json()["is_primary"]) == (200, 3, False)
    again = await anna.post(f"{path}/restore")
    assert (again.status_code, again.json()["version"]) == (200, 3)
    assert (await anna.get(f"/contacts/{other['id']}")).json()["is_primary"] is True


async def test_the_people_of_a_deleted_client_do_not_exist(office: Office) -> None:
    anna = await office.person("anna")
    client_id = (await new_client(anna))["id"]
    made = await new_contact(anna, client_id=client_id)
    path = f"/contacts/{made['id']}"
    assert (await anna.delete(f"/clients/{client_id}", version=1)).status_code == 204
    assert (await anna.get(path)).status_code == 404
    assert (await anna.delete(path, version=1)).status_code == 404
    body = {"client_id": client_id, "name": "X"}
    refused = await anna.post("/contacts", body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (404, "/client_id")
    assert (await anna.post(f"/clients/{client_id}/restore")).status_code == 200
    assert (await anna.delete(path, version=1)).status_code == 204
    assert (await anna.delete(f"/clients/{client_id}", version=3)).status_code == 204
    refused = await anna.post(f"{path}/restore")
    assert (refused.status_code, refused.json()["record"]["id"]) == (409, client_id)


async def test_put_by_external_id(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    client_id = (await new_client(anna))["id"]
    path = "/contacts/by-external-id/1C-7"
    for body, pointer in (({"name": "P"}, "/client_id"), ({"client_id": client_id}, "/name")):
        refused = await anna.put(path, body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, pointer)
    made = await anna.put(path, {"name": "P", "client_id": client_id})
    assert (made.status_code, made.json()["external_id"]) == (201, "1C-7")
    same = await anna.put(path, {"name": "P"})
    assert (same.status_code, same.json()) == (200, made.json())
    merged = await anna.put(path, {"email": "a@b.example"})
    assert merged.json() == made.json() | {"email": "a@b.example", "version": 2}
    assert (await anna.put(path, {"phone": "2"}, version=1)).status_code == 412
    theirs = (await new_client(boris))["id"]
    for person, client in ((boris, theirs), (anna, client_id)):
        taken = await person.post(
            "/contacts", {"name": "Q", "client_id": client, "external_id": "1C-7"}
        )
        assert taken.status_code == 409
        assert taken.json()["detail"] == "This external_id is taken by another record"


async def test_the_same_key_makes_one_contact(office: Office) -> None:
    anna = await office.person("anna")
    body = {"client_id": (await new_client(anna))["id"], "name": "P"}
    first = await anna.post("/contacts", body, Idempotency_Key="k")
    second = await anna.post("/contacts", body, Idempotency_Key="k")
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["idempotent-replayed"] == "true"
    assert (await anna.get("/contacts", count="true")).json()["total"] == 1


async def test_merged_clients_have_one_primary_contact(office: Office) -> None:
    anna = await office.person("anna")
    here, there = (await new_client(anna))["id"], (await new_client(anna))["id"]
    first = await new_contact(anna, client_id=here, is_primary=True)
    second = await new_contact(anna, client_id=there, is_primary=True)
    merged = await anna.post(f"/clients/{here}/merge", {"other_id": there}, version=1)
    assert merged.status_code == 200, merged.text
    listed = (await anna.get("/contacts", client_id=here)).json()["items"]
    assert [(row["id"], row["is_primary"]) for row in listed] == [
        (first["id"], True), (second["id"], False),
    ]  # fmt: skip
