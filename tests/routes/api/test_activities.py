"""Activities: what was done is noted by whoever sees the card, and mended by whoever may."""

from typing import Any

import pytest

from tests.factories.cards import new_deal
from tests.office import NOON, Office, Person

pytestmark = pytest.mark.anyio


async def _company(office: Office) -> tuple[Person, Person, int, dict[str, Any]]:
    """Two managers, the client of the first, and a deal with him that is the second's."""
    anna, boris = await office.person("anna"), await office.person("boris")
    acme = await office.client(anna)
    head = await office.person("chief", "admin")
    deal = await new_deal(head, client_id=acme, title="Seats", owner_id=boris.id)
    return anna, boris, acme, deal


async def test_a_note_is_of_now_and_by_whoever_sent_it(office: Office) -> None:
    anna, boris, acme, deal = await _company(office)
    reply = await anna.post("/activities", {"card_id": deal["id"], "body": " Wants 12 seats "})
    assert reply.status_code == 201, reply.text
    made = reply.json()
    told = {
        "kind": "note", "at": "2026-03-10T09:00:00Z", "direction": None, "outcome": None,
        "body": "Wants 12 seats", "author_id": anna.id, "author_name": "anna",
        "card_id": deal["id"], "card_kind": "deal", "card_number": deal["number"],
        "client_id": None, "client_name": "Acme", "version": 1,
    }  # fmt: skip
    assert {name: made[name] for name in told} == told
    assert (await boris.get(f"/activities/{made['id']}")).json() == made
    call = {"client_id": acme, "kind": "call", "direction": "in", "at": "2026-03-01T09:00:00Z"}
    early = (await anna.post("/activities", call)).json()
    assert early["body"] is None
    page = (await anna.get("/activities")).json()
    assert [one["id"] for one in page["items"]] == [made["id"], early["id"]]
    for asked, found in (
        ({"card_id": deal["id"]}, [made["id"]]),
        ({"client_id": acme}, [early["id"]]),
        ({"kind": "call"}, [early["id"]]),
        ({"at_from": "2026-03-02"}, [made["id"]]),
        ({"at_to": "2026-03-01"}, [early["id"]]),
        ({"author_id": boris.id}, []),
    ):
        page = (await anna.get("/activities", **asked)).json()
        assert [one["id"] for one in page["items"]] == found, asked


async def test_what_makes_no_sense_leaves_no_trace(office: Office) -> None:
    anna, boris, acme, deal = await _company(office)
    elsewhere = await new_deal(boris, client_id=await office.client(boris, "Elsewhere"))
    before = await office.counts()
    about = {"card_id": deal["id"]}
    later = "2026-03-10T09:00:01Z"
    for body, status, pointer in (
        ({**about}, 400, "/body"),
        ({**about, "body": " "}, 400, "/body"),
        ({"body": "x"}, 400, "/card_id"),
        ({**about, "client_id": acme, "body": "x"}, 400, "/card_id"),
        ({**about, "kind": "meeting", "direction": "in"}, 400, "/direction"),
        ({**about, "body": "x", "at": later}, 422, "/at"),
        ({"card_id": elsewhere["id"], "body": "x"}, 404, "/card_id"),
    ):
        reply = await anna.post("/activities", body)
        assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (status, pointer), body
    assert await office.counts() == before


async def test_its_author_and_the_subjects_owner_mend_it_and_nobody_else(office: Office) -> None:
    anna, boris, _, deal = await _company(office)
    clara = await office.person("clara")
    made = (await anna.post("/activities", {"card_id": deal["id"], "body": "x"})).json()
    path = f"/activities/{made['id']}"
    assert (await anna.patch(path, {"body": "y"}, 1)).json()["version"] == 2
    assert (await boris.patch(path, {"kind": "call", "direction": "out"}, 2)).json()["body"] == "y"
    his = (await boris.post("/activities", {"card_id": deal["id"], "body": "his"})).json()
    for person, status in ((anna, 403), (clara, 404)):
        assert (await person.patch(f"/activities/{his['id']}", {"body": "z"}, 1)).status_code == (
            status
        )
        assert (await person.delete(f"/activities/{his['id']}", 1)).status_code == status
    assert (await boris.patch(path, {"body": None, "kind": "note"}, 3)).status_code == 400
    assert (await anna.patch(path, {"body": "z"}, 2)).status_code == 412
    assert (await anna.patch(path, {"body": "y"}, 3)).json()["version"] == 3
    assert (await anna.delete(path, 3)).status_code == 204
    assert (await anna.get(path)).status_code == 404
    assert (await anna.get("/activities", kind="call")).json()["items"] == []
    back = await anna.post(f"{path}/restore")
    assert (back.json()["body"], back.json()["version"]) == ("y", 5)
    assert (await anna.post(f"{path}/restore")).json()["version"] == 5


async def test_a_note_is_work_on_the_card_and_no_new_version_of_it(office: Office) -> None:
    _, boris, _, deal = await _company(office)
    path = f"/deals/{deal['id']}"
    moved = await boris.post(f"{path}/move", {"stage": "offer"}, deal["version"])
    office.later(days=30)
    assert (await boris.get(path)).json()["is_stale"]
    past = {"card_id": deal["id"], "body": "long ago", "at": NOON.isoformat()}
    assert (await boris.post("/activities", past)).status_code == 201
    assert (await boris.get(path)).json()["is_stale"], "what was done long ago is no work of today"
    assert (await boris.post("/activities", {**past, "at": office.now.isoformat()})).is_success
    now = (await boris.get(path)).json()
    assert (now["is_stale"], now["version"]) == (False, moved.json()["version"])


async def test_the_new_owner_who_notes_something_has_taken_notice(office: Office) -> None:
    anna, boris, _, deal = await _company(office)
    path = f"/deals/{deal['id']}"
    await boris.post(f"{path}/transfer", {"owner_id": anna.id}, deal["version"])
    note = {"card_id": deal["id"], "body": "x"}
    assert (await anna.get(path)).json()["is_new_to_owner"]
    await anna.post("/activities", note)
    assert not (await anna.get(path)).json()["is_new_to_owner"]


async def test_what_was_done_goes_over_with_a_merged_double(office: Office) -> None:
    anna = await office.person("anna")
    acme, double = await office.client(anna), await office.client(anna, "Acme Ltd")
    made = (await anna.post("/activities", {"client_id": double, "body": "x"})).json()
    assert (await anna.post(f"/clients/{acme}/merge", {"other_id": double}, 1)).is_success
    assert (await anna.get(f"/activities/{made['id']}")).json()["client_id"] == acme
