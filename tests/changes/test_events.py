"""GET /events and GET /audit: who is shown what, in which order, and where to go on."""

from typing import Any

import pytest

from backend.domain.changes import queries
from tests.office import Office, Person

pytestmark = pytest.mark.anyio


async def followed(person: Person, after: int = 0, limit: int = 200) -> tuple[list[Any], int]:
    reply = await person.get("/events", after=after, limit=limit)
    assert reply.status_code == 200, reply.text
    told = reply.json()
    return told["items"], told["after"]


async def deal(person: Person, client_id: int, title: str = "Servers") -> dict[str, Any]:
    made = await person.post("/deals", {"title": title, "client_id": client_id, "amount": "1500.5"})
    assert made.status_code == 201, made.text
    return dict(made.json())


def types(items: list[Any]) -> list[tuple[str, int]]:
    return [(item["type"], item["id"]) for item in items]


async def test_an_event_says_what_was_written(office: Office) -> None:
    anna = await office.person("anna")
    made = await deal(anna, await office.client(anna))
    [event], after = await followed(anna)
    token = event["actor"].pop("id")
    assert event == {
        "seq": after, "at": "2026-03-10T09:00:00Z", "type": "deal.created", "kind": "deal",
        "id": made["id"], "version": 1, "actor": {"kind": "token", "name": "anna"},
    }  # fmt: skip
    assert token > 0
    assert await followed(anna, after) == ([], after)
    assert await followed(anna, after + 1000) == ([], after + 1000)


async def test_pages_follow_each_other(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    ids = [(await deal(anna, acme))["id"] for _ in range(5)]
    seen, after = [], 0
    for _ in range(3):
        items, after = await followed(anna, after, 2)
        seen += [item["id"] for item in items]
    assert seen == ids
    assert await followed(anna, after, 2) == ([], after)


async def test_present_rights_decide_and_the_cursor_goes_on(office: Office) -> None:
    """What is somebody else's is left out; what was handed over is told to whose it is now."""
    anna, boris = await office.person("anna"), await office.person("boris")
    admin = await office.person("admin", "admin")
    watcher = await office.person("watcher", "viewer")
    acme, other = await office.client(anna), await office.client(boris, "Other")
    hers, his = await deal(anna, acme), await deal(boris, other)
    contact = (await boris.post("/contacts", {"name": "P", "client_id": other})).json()
    task = (await anna.post("/tasks", {"title": "Ask", "card_id": hers["id"]})).json()
    term = {"client_id": other, "title": "T", "amount": "1", "renewal_date": "2027-01-01"}
    agreement = (await boris.post("/agreements", term)).json()
    own = [("deal.created", hers["id"]), ("task.created", task["id"])]
    items, after = await followed(anna)
    assert types(items) == own
    his_items, end = await followed(boris)
    assert after == end  # beyond what is not hers
    assert [kind for kind, _ in types(his_items)] == [
        "deal.created", "contact.created", "agreement.created", "renewal.created",
    ]  # fmt: skip
    assert {contact["id"], agreement["id"], his["id"]} <= {item["id"] for item in his_items}
    for person in (admin, watcher):
        assert len((await followed(person))[0]) == 6
    given = await boris.post(f"/deals/{his['id']}/transfer", {"owner_id": anna.id}, version=1)
    assert given.status_code == 200, given.text
    items, _ = await followed(anna)
    assert types(items)[-1] == ("deal.transferred", his["id"])
    assert ("deal.created", his["id"]) in types(items)


async def test_a_long_stretch_of_others_is_passed_in_steps(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    _, start = await followed(anna)
    monkeypatch.setattr(queries, "LOOKED_AT", 3)
    other, acme = await office.client(boris), await office.client(anna)
    for _ in range(4):
        await deal(boris, other)
    made = await deal(anna, acme)
    items, after = await followed(anna, start)
    assert (items, after) == ([], start + 3)
    items, end = await followed(anna, after)
    assert types(items) == [("deal.created", made["id"])]
    assert await followed(anna, end) == ([], end)


async def test_what_is_deleted_is_told(office: Office) -> None:
    anna = await office.person("anna")
    made = await deal(anna, await office.client(anna))
    _, after = await followed(anna)
    assert (await anna.delete(f"/deals/{made['id']}", 1)).status_code == 204
    assert types((await followed(anna, after))[0]) == [("deal.deleted", made["id"])]


async def test_tokens_are_told_to_their_owner_and_to_admins(office: Office) -> None:
    anna, head = await office.person("anna"), await office.person("head", "head")
    admin = await office.person("admin", "admin")
    made = await anna.post("/tokens", {"name": "t", "scopes": ["cards:read"]})
    assert made.status_code == 201, made.text
    assert types((await followed(anna))[0]) == [("token.created", made.json()["id"])]
    assert (await followed(head))[0] == []
    assert types((await followed(admin))[0]) == [("token.created", made.json()["id"])]


@pytest.mark.parametrize(
    "query", [{"after": -1}, {"limit": 0}, {"limit": 201}, {"since": 3}, {"after": "x"}]
)
async def test_other_parameters_are_refused(office: Office, query: dict[str, Any]) -> None:
    admin = await office.person("admin", "admin")
    assert (await admin.get("/events", **query)).status_code == 400


async def test_scopes(office: Office) -> None:
    admin = await office.person("admin", "admin", scopes=("cards:read",))
    manager = await office.person("anna", scopes=("events:read", "audit:read"))
    assert (await admin.get("/events")).status_code == 403
    assert (await admin.get("/audit")).status_code == 403
    assert (await manager.get("/events")).status_code == 200
    refused = await manager.get("/audit")
    assert (refused.status_code, refused.json()["detail"]) == (403, "Only an admin may do this")


async def test_a_token_is_told_of_what_it_may_read(office: Office) -> None:
    """An event is no way around the scope that its record is read with."""
    anna = await office.person("anna")
    made = await anna.post("/clients", {"name": "Acme"})
    assert made.status_code == 201, made.text
    acme = made.json()["id"]
    sold = await deal(anna, acme)
    done = await anna.post("/tasks", {"title": "Call", "card_id": sold["id"]})
    assert done.status_code == 201, done.text
    of_cards = ("deal.created", sold["id"])
    of_clients, of_tasks = ("client.created", acme), ("task.created", done.json()["id"])
    every = [of_clients, of_cards, of_tasks]
    for scopes, wanted in (
        ((), []),
        (("cards:read",), [of_cards]),
        (("clients:read",), [of_clients]),
        (("tasks:read",), [of_tasks]),
        (("clients:read", "cards:read", "tasks:read"), every),
    ):
        reader = await office.signed_in(anna.id, ("events:read", *scopes))
        items, after = await followed(reader)
        assert [one for one in types(items) if one in every] == wanted, scopes
        assert {one["type"] for one in items} <= {kind for kind, _ in wanted} | {"client.updated"}
        assert (await followed(anna))[1] == after


async def audited(person: Person, **query: Any) -> list[Any]:
    reply = await person.get("/audit", **query)
    assert reply.status_code == 200, reply.text
    return list(reply.json()["items"])


async def test_the_audit_says_what_was_there_before(office: Office) -> None:
    admin, anna = await office.person("admin", "admin"), await office.person("anna")
    made = await deal(anna, await office.client(anna))
    await anna.patch(f"/deals/{made['id']}", {"amount": "99", "title": "Fewer"}, 1)
    sent = {"stage": "offer", "fields": {"amount": "100"}}
    path = f"/deals/{made['id']}/move"
    moved = await anna.post(path, sent, version=2, X_Request_Id="r-7")
    assert moved.status_code == 200, moved.text
    last, edited, first = await audited(admin)
    assert (last["type"], last["channel"], last["request_id"]) == ("deal.moved", "token", "r-7")
    assert {(c["field"], c["before"], c["after"]) for c in last["changes"]} == {
        ("amount", "99.00", "100.00"), ("stage_id", made["stage_id"], moved.json()["stage_id"]),
    }  # fmt: skip
    assert edited["changes"] == [
        {"field": "title", "before": "Servers", "after": "Fewer"},
        {"field": "amount", "before": "1500.50", "after": "99.00"},
    ]
    given = {c["field"]: c["after"] for c in first["changes"] if c["before"] is None}
    assert (given["title"], given["amount"], given["owner_id"]) == ("Servers", "1500.50", anna.id)


async def test_the_audit_is_filtered(office: Office) -> None:
    admin, anna = await office.person("admin", "admin"), await office.person("anna")
    acme = await office.client(anna)
    one = await deal(anna, acme)
    office.later(days=1)
    two = await deal(admin, acme)
    await admin.patch(f"/deals/{two['id']}", {"title": "Other"}, 1)
    for query, count in (
        ({"kind": "deal"}, 3), ({"kind": "lead"}, 0), ({"kind": "deal", "id": one["id"]}, 1),
        ({"actor": anna.id}, 1), ({"channel": "token"}, 3), ({"channel": "import"}, 0),
        ({"type": "deal.updated"}, 1), ({"from": "2026-03-11"}, 2), ({"to": "2026-03-10"}, 1),
        ({"from": "2026-03-10T09:00:00Z", "to": "2026-03-11T09:00:00Z"}, 1),
    ):  # fmt: skip
        assert len(await audited(admin, **query)) == count, query
    for query in ({"kind": "song"}, {"from": "yesterday"}, {"to": "2026-02-30"}, {"x": 1}):
        assert (await admin.get("/audit", **query)).status_code == 400, query


async def test_pages_of_the_audit(office: Office) -> None:
    admin = await office.person("admin", "admin")
    acme = await office.client(admin)
    ids = [(await deal(admin, acme))["id"] for _ in range(5)]
    first = (await admin.get("/audit", limit=2)).json()
    await deal(admin, acme)
    then = (await admin.get("/audit", limit=3, cursor=first["next_cursor"])).json()
    assert [item["id"] for item in first["items"] + then["items"]] == ids[::-1]
    assert then["next_cursor"] is None
    other = await admin.get("/audit", limit=2, kind="deal", cursor=first["next_cursor"])
    assert other.status_code == 400
