"""Tasks over REST: made, listed, done, deleted; whose they are and who may change them."""

from typing import Any

import pytest

from tests.factories.cards import new_deal
from tests.factories.tasks import new_task
from tests.office import Office, Person

pytestmark = pytest.mark.anyio

Record = dict[str, Any]


async def _deal(office: Office, anna: Person, **fields: Any) -> Record:
    client_id = fields.pop("client_id", None) or await office.client(anna)
    return await new_deal(anna, client_id=client_id, **fields)


async def _patched(person: Person, task: Record, **fields: Any) -> Record:
    reply = await person.patch(f"/tasks/{task['id']}", fields, version=task["version"])
    assert reply.status_code == 200, reply.text
    return reply.json()  # type: ignore[no-any-return]


async def test_a_task_is_made_read_and_listed(office: Office) -> None:
    anna = await office.person("anna")
    deal = await _deal(office, anna)
    office.delivered.clear()
    made = await anna.post(
        "/tasks",
        {"title": " Send it ", "kind": "email", "card_id": deal["id"],
         "due_at": "2026-03-12T10:00:00+03:00"},
    )  # fmt: skip
    assert made.status_code == 201, made.text
    task = made.json()
    assert made.headers["location"] == f"/api/v1/tasks/{task['id']}"
    assert task == {
        "id": task["id"], "title": "Send it", "kind": "email", "family": None,
        "due_at": "2026-03-12T07:00:00Z", "assignee_id": anna.id, "assignee_name": "anna",
        "card_id": deal["id"], "card_kind": "deal", "card_number": deal["number"],
        "client_id": None, "client_name": "Acme", "made_by": None, "done_at": None,
        "closed_by": None, "outcome": None, "version": 1, "created_at": "2026-03-10T09:00:00Z",
        "updated_at": "2026-03-10T09:00:00Z",
    }  # fmt: skip
    read = await anna.get(f"/tasks/{task['id']}")
    assert (read.json(), read.headers["etag"]) == (task, made.headers["etag"])
    known = {"If-None-Match": read.headers["etag"]}
    assert (await anna.http.get(f"/tasks/{task['id']}", headers=known)).status_code == 304
    listed = (await anna.get("/tasks", count="true")).json()
    assert listed == {"items": [task], "next_cursor": None, "total": 1}
    assert [(effect.kind, effect.id) for effect in office.delivered] == [("task", task["id"])]


async def test_unless_said_otherwise_it_is_for_the_end_of_the_working_day(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    today = await new_task(anna, client_id=acme)
    assert (today["due_at"], today["kind"]) == ("2026-03-10T15:00:00Z", "todo")
    assert (today["client_id"], today["client_name"], today["card_number"]) == (acme, "Acme", None)
    office.later(days=3, hours=7)  # Friday evening
    assert (await new_task(anna, client_id=acme))["due_at"] == "2026-03-16T15:00:00Z"


async def test_done_and_open_again(office: Office) -> None:
    anna = await office.person("anna")
    task = await new_task(anna, card_id=(await _deal(office, anna))["id"])
    same = await _patched(anna, task, title="Call back", done=False, kind="todo")
    assert same == task
    office.later(minutes=5)
    done = await _patched(anna, task, done=True, outcome=" talked ")
    assert (done["done_at"], done["closed_by"]) == ("2026-03-10T09:05:00Z", "person")
    assert (done["outcome"], done["version"]) == ("talked", 2)
    assert await _patched(anna, done, done=True) == done
    edited = await _patched(anna, done, due_at="2026-04-01T00:00:00Z", outcome=None)
    assert (edited["done_at"], edited["outcome"]) == (done["done_at"], None)
    reopened = await _patched(anna, edited, done=False)
    assert (reopened["done_at"], reopened["closed_by"], reopened["version"]) == (None, None, 4)


async def test_deleted_and_brought_back_as_it_was(office: Office) -> None:
    anna = await office.person("anna")
    deal = await _deal(office, anna)
    open_task, done = [await new_task(anna, card_id=deal["id"]) for _ in range(2)]
    done = await _patched(anna, done, done=True)
    office.later(minutes=1)
    for task in (open_task, done):
        path = f"/tasks/{task['id']}"
        assert (await anna.delete(path)).status_code == 428
        assert (await anna.delete(path, version=9)).status_code == 412
        assert (await anna.delete(path, version=task["version"])).status_code == 204
        assert (await anna.get(path)).status_code == 404
        assert (await anna.patch(path, {"title": "x"}, version=2)).status_code == 404
        assert (await anna.get("/tasks")).json()["items"] != [task]
        back = await anna.post(f"{path}/restore")
        assert back.status_code == 200, back.text
        expected = {**task, "version": task["version"] + 2, "updated_at": "2026-03-10T09:01:00Z"}
        assert back.json() == expected
        assert (await anna.post(f"{path}/restore")).json() == expected
    assert len((await anna.get("/tasks")).json()["items"]) == 2


async def test_filters_and_sorts(office: Office) -> None:
    anna = await office.person("anna")
    admin = await office.person("admin", role="admin")
    acme = await office.client(anna)
    deal = await _deal(office, anna, client_id=acme)
    wanted = (
        {"card_id": deal["id"], "due_at": "2026-03-12T21:30:00Z", "kind": "call"},  # 13 March
        {"client_id": acme, "due_at": "2026-03-11T09:00:00Z", "assignee_id": admin.id},
        {"card_id": deal["id"], "due_at": "2026-03-11T09:00:00Z"},
    )
    tasks = [await new_task(anna, **fields) for fields in wanted]
    await _patched(anna, tasks[2], done=True)
    ids = [task["id"] for task in tasks]
    cases: list[tuple[Record, list[int]]] = [
        ({}, [2, 3, 1]),
        ({"sort": "-due_at"}, [1, 3, 2]),
        ({"sort": "id"}, [1, 2, 3]),
        ({"done": "false"}, [2, 1]),
        ({"done": "true"}, [3]),
        ({"assignee_id": admin.id}, [2]),
        ({"assignee_id": anna.id, "done": "false"}, [1]),
        ({"card_id": deal["id"]}, [3, 1]),
        ({"client_id": acme}, [2]),
        ({"kind": "call"}, [1]),
        ({"due_from": "2026-03-13"}, [1]),
        ({"due_to": "2026-03-12"}, [2, 3]),
        ({"due_from": "2026-03-11", "due_to": "2026-03-11"}, [2, 3]),
    ]
    for params, expected in cases:
        found = (await anna.get("/tasks", **params)).json()["items"]
        assert [ids.index(task["id"]) + 1 for task in found] == expected, params
    for params in ({"sort": "title"}, {"owner_id": 1}, {"kind": "dance"}, {"done": "x"}):
        assert (await anna.get("/tasks", **params)).status_code == 400
    first = (await anna.get("/tasks", limit=2)).json()
    rest = (await anna.get("/tasks", limit=2, cursor=first["next_cursor"])).json()
    assert [task["id"] for task in first["items"] + rest["items"]] == [ids[1], ids[2], ids[0]]
    assert rest["next_cursor"] is None


async def test_refused_writes_leave_no_trace(office: Office) -> None:
    anna = await office.person("anna")
    boris = await office.person("boris")
    acme = await office.client(anna)
    deal = await _deal(office, anna, client_id=acme)
    task = await new_task(anna, client_id=acme)
    foreign = await _deal(office, boris)
    before = await office.counts()
    title = {"title": "x"}
    cases: list[tuple[Record, int]] = [
        (title, 400),
        ({**title, "card_id": deal["id"], "client_id": acme}, 400),
        ({**title, "card_id": None, "client_id": None}, 400),
        ({"title": " ", "client_id": acme}, 400),
        ({"client_id": acme}, 400),
        ({**title, "client_id": acme, "family": "contact"}, 400),
        ({**title, "client_id": acme, "due_at": "2026-03-12T10:00:00"}, 400),
        ({**title, "client_id": acme, "due_at": None}, 400),
        ({**title, "client_id": acme, "kind": "dance"}, 400),
        ({**title, "card_id": foreign["id"]}, 404),
        ({**title, "client_id": foreign["client_id"]}, 404),
        ({**title, "client_id": acme, "assignee_id": 999_999}, 404),
    ]
    for body, status in cases:
        refused = await anna.post("/tasks", body)
        assert refused.status_code == status, (body, refused.text)
        if status == 404:
            assert refused.json()["errors"][0]["pointer"][1:] in body
    path = f"/tasks/{task['id']}"
    assert (await anna.patch(path, title)).status_code == 428
    stale = await anna.patch(path, title, version=2)
    now = (await anna.get(path)).headers["etag"]
    assert (stale.status_code, stale.headers["etag"]) == (412, now)
    for fields in ({"card_id": 1}, {"done": None}, {"assignee_id": None}, {"title": ""}):
        assert (await anna.patch(path, fields, version=1)).status_code == 400
    assert (await anna.patch(path, {"assignee_id": 999_999}, version=1)).status_code == 404
    assert await office.counts() == before
    assert (await anna.get(path)).json() == task


async def test_a_repeated_post_makes_one(office: Office) -> None:
    anna = await office.person("anna")
    body = {"title": "x", "client_id": await office.client(anna)}
    first, again = [await anna.post("/tasks", body, Idempotency_Key="t") for _ in range(2)]
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert len((await anna.get("/tasks")).json()["items"]) == 1


async def test_scopes(office: Office) -> None:
    anna = await office.person("anna")
    task = await new_task(anna, client_id=await office.client(anna))
    reader = await office.signed_in(anna.id, ("tasks:read",))
    writer = await office.signed_in(anna.id, ("tasks:write",))
    other = await office.signed_in(anna.id, ("cards:read", "cards:write"))
    path = f"/tasks/{task['id']}"
    for person, read, write in ((reader, 200, 403), (writer, 403, 200), (other, 403, 403)):
        assert (await person.get("/tasks")).status_code == read
        assert (await person.get(path)).status_code == read
        now = (await anna.get(path)).json()["version"]
        assert (await person.patch(path, {"title": f"v{now}"}, version=now)).status_code == write


async def test_who_sees_a_task_and_who_changes_it(office: Office) -> None:
    """Its assignee, and whoever sees its card; changed by him and whoever may change the card."""
    north, south = await office.team("North"), await office.team("South")
    anna = await office.person("anna", team_id=north)
    clara = await office.person("clara", team_id=south)
    boris = await office.person("boris", team_id=south)
    people = {
        "owner of the card": (anna, 200, 200),
        "owner of its client": (clara, 200, 403),
        "assignee": (boris, 200, 200),
        "a colleague": (await office.person("mate", team_id=north), 404, 404),
        "his head": (await office.person("head", role="head", team_id=north), 200, 200),
        "another head": (await office.person("far", role="head"), 404, 404),
        "an admin": (await office.person("admin", role="admin"), 200, 200),
        "who only reads": (await office.person("watcher", role="viewer"), 200, 403),
    }
    admin = people["an admin"][0]
    acme = await office.client(clara)
    deal = await new_deal(admin, client_id=acme, owner_id=anna.id)
    task = await new_task(anna, card_id=deal["id"], assignee_id=boris.id)
    path = f"/tasks/{task['id']}"
    for who, (person, sees, changes) in people.items():
        read = await person.get(path)
        assert read.status_code == sees, who
        listed = (await person.get("/tasks", count="true")).json()
        assert listed["total"] == int(sees == 200), who
        if sees == 200:  # the assignee sees neither card nor client
            assert read.json()["client_name"] == (None if person is boris else "Acme"), who
        now = (await admin.get(path)).json()["version"]
        edited = await person.patch(path, {"title": f"v{now}"}, version=now)
        assert edited.status_code == changes, (who, edited.text)
        if changes != 200:
            assert (await person.delete(path, version=now)).status_code == changes, who


async def test_whose_a_task_may_be(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    clara = await office.person("clara")
    admin = await office.person("admin", role="admin")
    deal = await new_deal(admin, client_id=await office.client(clara), owner_id=anna.id)
    # Clara owns the client, sees the card and notes something for herself, not for others.
    mine = await new_task(clara, card_id=deal["id"])
    assert mine["assignee_id"] == clara.id
    body = {"title": "x", "card_id": deal["id"], "assignee_id": boris.id}
    assert (await clara.post("/tasks", body)).status_code == 403
    assert (await boris.post("/tasks", body)).status_code == 404
    his = await new_task(anna, card_id=deal["id"], assignee_id=boris.id)
    # He may do it and not pass it on: the card is Anna's, and so is the choice of who does it.
    path = f"/tasks/{his['id']}"
    assert (await boris.patch(path, {"assignee_id": clara.id}, version=1)).status_code == 403
    assert (await anna.get(path)).json() == his
    passed = await _patched(anna, his, assignee_id=clara.id)
    assert (passed["assignee_name"], passed["version"]) == ("clara", 2)
    assert (await boris.get(f"/tasks/{his['id']}")).status_code == 404
    gone = await admin.patch(f"/users/{boris.id}", {"active": False}, version=1)
    assert gone.status_code == 200, gone.text
    assert (await anna.post("/tasks", body)).status_code == 403
    back = await anna.patch(f"/tasks/{his['id']}", {"assignee_id": boris.id}, version=2)
    assert back.status_code == 403


async def test_tasks_go_and_come_with_what_they_are_about(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    deal = await _deal(office, anna)
    tasks = [await new_task(anna, client_id=acme), await new_task(anna, card_id=deal["id"])]
    for path, task in zip((f"/clients/{acme}", f"/deals/{deal['id']}"), tasks, strict=True):
        assert (await anna.delete(path, version=1)).status_code == 204
        assert (await anna.get(f"/tasks/{task['id']}")).status_code == 404
    assert (await anna.get("/tasks")).json()["items"] == []
    for path in (f"/clients/{acme}", f"/deals/{deal['id']}"):
        assert (await anna.post(f"{path}/restore")).status_code == 200
    assert (await anna.get("/tasks", sort="id")).json()["items"] == tasks
