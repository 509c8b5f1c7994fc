"""Users over REST: who reads and writes them, what they leave behind, what no one may undo."""

import pytest

from tests.office import Office, Person

pytestmark = pytest.mark.anyio


async def test_a_user_is_made_read_listed_and_edited(office: Office) -> None:
    chief = await office.person("chief", "admin")
    team = await office.team("North")
    made = await chief.post(
        "/users", {"email": " Anna@Example.com ", "role": "head", "team_id": team, "name": "Anna"}
    )
    assert made.status_code == 400  # blanks
    made = await chief.post(
        "/users", {"email": "Anna@Example.com", "role": "head", "team_id": team, "name": "Анна "}
    )
    assert made.status_code == 201, made.text
    anna = made.json()
    assert made.headers["location"] == f"/api/v1/users/{anna['id']}"
    assert made.headers["etag"] == '"1"'
    assert anna == {
        "id": anna["id"], "external_id": None, "email": "Anna@Example.com", "name": "Анна",
        "role": "head", "team_id": team, "active": True, "locale": "ru", "version": 1,
        "created_at": "2026-03-10T09:00:00Z", "updated_at": "2026-03-10T09:00:00Z",
    }  # fmt: skip
    bob = await office.person("bob")
    assert (await bob.get(f"/users/{anna['id']}")).json() == anna
    found = (await bob.get("/users", email="anna@EXAMPLE.com", count="true")).json()
    assert found == {"items": [anna], "next_cursor": None, "total": 1}
    listed = (await bob.get("/users", sort="-email", role="manager")).json()["items"]
    assert [user["email"] for user in listed] == ["bob@example.com"]
    office.later(hours=1)
    path = f"/users/{anna['id']}"
    edited = await chief.patch(path, {"locale": "en", "team_id": None}, version=1)
    assert edited.status_code == 200, edited.text
    assert (edited.json()["locale"], edited.json()["team_id"]) == ("en", None)
    assert (edited.json()["version"], edited.json()["updated_at"]) == (2, "2026-03-10T10:00:00Z")
    assert (await chief.patch(path, {"locale": "en"}, version=2)).json()["version"] == 2
    assert (await chief.patch(path, {"locale": "ru"})).status_code == 428
    assert (await chief.patch(path, {"locale": "ru"}, version=1)).status_code == 412
    assert (await chief.patch(path, {"team_id": 999_999}, version=2)).status_code == 404
    assert (await chief.http.delete(path)).status_code == 405


async def test_a_name_is_made_of_the_email_and_the_role_is_the_narrowest(office: Office) -> None:
    chief = await office.person("chief", "admin")
    made = (await chief.post("/users", {"email": "ivan.petrov@firm.test"})).json()
    assert (made["name"], made["role"]) == ("ivan.petrov", "manager")


@pytest.mark.parametrize(
    "email", ["", "anna", "anna@", "@firm.test", "a@b@c", "an na@firm.test", "a" * 250 + "@b.ru"]
)
async def test_what_is_no_email(office: Office, email: str) -> None:
    chief = await office.person("chief", "admin")
    refused = await chief.post("/users", {"email": email})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/email"


async def test_an_email_is_one_persons_however_it_is_written(office: Office) -> None:
    chief = await office.person("chief", "admin")
    anna = await office.person("anna")
    before = await office.counts()
    refused = await chief.post("/users", {"email": "ANNA@example.com"})
    assert refused.status_code == 409
    assert refused.json()["detail"] == "This e-mail is taken by another user"
    assert await office.counts() == before
    own = await chief.patch(f"/users/{anna.id}", {"email": "Anna@example.com"}, version=1)
    assert own.json()["email"] == "Anna@example.com"


@pytest.mark.parametrize("role", ["manager", "head", "viewer"])
async def test_only_admins_write_users(office: Office, role: str) -> None:
    anna = await office.person("anna", role)
    before = await office.counts()
    for answer in (
        await anna.post("/users", {"nonsense": 1}),
        await anna.patch(f"/users/{anna.id}", {"role": "admin"}, version=1),
        await anna.http.put("/users/by-external-id/x", json={"email": "x@y.z"}),
        await anna.post("/teams", {"name": "South"}),
    ):
        assert answer.status_code == 403, answer.text
    assert await office.counts() == before
    assert (await anna.get(f"/users/{anna.id}")).json()["role"] == role


async def test_whose_cards_and_clients_remain_stays_active(office: Office) -> None:
    chief = await office.person("chief", "admin")
    anna = await office.person("anna")
    acme = await office.client(anna)
    deal = (await anna.post("/deals", {"title": "Servers", "client_id": acme})).json()
    before = await office.counts()
    refused = await chief.patch(f"/users/{anna.id}", {"active": False}, version=1)
    assert refused.status_code == 409
    problem = refused.json()
    assert (problem["cards"], problem["clients"]) == (1, 1)
    assert problem["detail"] == (
        "anna still has open or waiting cards (1), clients (1) and running agreements (0);"
        " say whom they go to"
    )
    assert await office.counts() == before
    bob = await office.person("bob")
    await chief.post(f"/deals/{deal['id']}/transfer", {"owner_id": bob.id}, version=1)
    refused = await chief.patch(f"/users/{anna.id}", {"active": False}, version=1)
    assert (refused.json()["cards"], refused.json()["clients"]) == (0, 1)


async def test_a_deactivated_user_is_out_at_once_and_may_come_back(office: Office) -> None:
    chief = await office.person("chief", "admin")
    anna = await office.person("anna")
    off = await chief.patch(f"/users/{anna.id}", {"active": False}, version=1)
    assert (off.status_code, off.json()["active"]) == (200, False)
    assert (await anna.get("/me")).status_code == 401
    assert (await chief.get("/users", active="false")).json()["items"] == [off.json()]
    on = await chief.patch(f"/users/{anna.id}", {"active": True}, version=2)
    assert on.json()["version"] == 3
    assert (await anna.get("/me")).status_code == 200


async def test_the_last_admin_stays(office: Office) -> None:
    chief = await office.person("chief", "admin")
    path = f"/users/{chief.id}"
    before = await office.counts()
    for fields in ({"active": False}, {"role": "head"}):
        refused = await chief.patch(path, fields, version=1)
        assert refused.status_code == 409
        assert refused.json()["detail"] == "This is the last active admin; make another one first"
    assert await office.counts() == before
    assert (await chief.patch(path, {"name": "Boss"}, version=1)).status_code == 200
    await office.person("second", "admin")
    assert (await chief.patch(path, {"role": "head"}, version=2)).json()["role"] == "head"
    assert (await chief.patch(path, {"role": "admin"}, version=3)).status_code == 403


async def test_put_makes_then_merges_then_changes_nothing(office: Office) -> None:
    chief = await office.person("chief", "admin")
    path = "/users/by-external-id/hr%2F17"
    body = {"email": "anna@firm.test", "name": "Anna"}
    made = await chief.http.put(path, json=body)
    assert made.status_code == 201, made.text
    anna = made.json()
    assert anna["external_id"] == "hr/17"
    assert made.headers["location"] == f"/api/v1/users/{anna['id']}"
    again = await chief.http.put(path, json=body)
    assert (again.status_code, again.json()) == (200, anna)
    merged = await chief.http.put(path, json={"role": "head"})
    assert (merged.json()["role"], merged.json()["name"]) == ("head", "Anna")
    assert merged.json()["version"] == 2
    assert (await chief.http.put(path, json={"external_id": "other"})).status_code == 400
    empty = await chief.http.put("/users/by-external-id/hr-18", json={"name": "Bob"})
    assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (400, "/email")
    taken = await chief.http.put("/users/by-external-id/hr-18", json=body)
    assert taken.json()["detail"] == "This e-mail is taken by another user"


async def test_every_write_is_announced_once(office: Office) -> None:
    chief = await office.person("chief", "admin")
    before = (await office.counts())["change"]
    anna = (await chief.post("/users", {"email": "anna@firm.test"})).json()
    await chief.patch(f"/users/{anna['id']}", {"name": "Anna"}, version=1)
    await chief.patch(f"/users/{anna['id']}", {"name": "Anna"}, version=2)
    assert (await office.counts())["change"] == before + 2
    assert {(e.kind, e.id) for e in office.delivered} == {("user", anna["id"])}


async def me_of(person: Person) -> tuple[dict[str, object], str]:
    answer = await person.get("/me")
    assert answer.status_code == 200, answer.text
    return answer.json(), answer.headers["etag"]


async def test_me_is_the_caller_with_rights_and_company(office: Office) -> None:
    team = await office.team("North")
    anna = await office.person("anna", "head", team)
    found, tag = await me_of(anna)
    assert tag.startswith('"1-')
    assert found["email"] == "anna@example.com"
    assert (found["role"], found["reads"], found["writes"]) == ("head", "team", "team")
    assert (found["settings"], found["scopes"]) == (False, ["*"])
    assert found["team"] == {"id": team, "name": "North"}
    assert found["company"] == {
        "name": "", "time_zone": "Europe/Moscow", "currency": "RUB", "locale": "ru",
        "week_start": 1,
    }  # fmt: skip
    known = await anna.http.get("/me", headers={"If-None-Match": tag})
    assert known.status_code == 304


async def test_one_changes_ones_own_name_and_language_and_nothing_else(office: Office) -> None:
    anna = await office.person("anna")
    changed = await anna.patch("/me", {"name": "Анна", "locale": "ru"}, version=1)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["name"], changed.json()["locale"]) == ("Анна", "ru")
    assert (await anna.patch("/me", {"role": "admin"}, version=2)).status_code == 400
    assert (await anna.patch("/me", {"name": "A"})).status_code == 428
    reader = await office.signed_in(anna.id, ("cards:read",))
    assert (await reader.patch("/me", {"name": "A"}, version=2)).status_code == 403
    assert (await reader.get("/me")).json()["scopes"] == ["cards:read"]
    form = await office.signed_in(anna.id, ("leads:intake",))
    assert (await form.get("/me")).status_code == 403


async def test_roles_are_told(office: Office) -> None:
    anna = await office.person("anna")
    found = (await anna.get("/roles")).json()["items"]
    assert {role["key"]: (role["reads"], role["writes"]) for role in found} == {
        "manager": ("own", "own"), "head": ("team", "team"), "admin": ("all", "all"),
        "viewer": ("all", "none"),
    }  # fmt: skip
    assert found[-1] == {
        "key": "admin", "name": "Администратор", "reads": "all", "writes": "all", "settings": True
    }  # fmt: skip
