"""Approval of offers over REST: asked for, given, refused, with a head's own terms."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.office import Office, Person

pytestmark = pytest.mark.anyio

LINES = [{"description": "Seat", "quantity": "2", "price": "100"}]


@dataclass
class Floor:
    """Two teams, and everybody who might decide about an offer of Anna's."""

    office: Office
    anna: Person
    mate: Person
    head: Person
    other_head: Person
    admin: Person
    watcher: Person

    async def offer(self, owner: Person | None = None, **fields: Any) -> dict[str, Any]:
        owner = owner or self.anna
        acme = await self.office.client(owner)
        body = {"title": "Offer", "client_id": acme, "lines": LINES, "discount_percent": "20"}
        made = await owner.post("/offers", {**body, **fields})
        assert made.status_code == 201, made.text
        return dict(made.json())


@pytest.fixture
async def floor(office: Office) -> Floor:
    north, south = await office.team("North"), await office.team("South")
    return Floor(
        office,
        anna=await office.person("anna", team_id=north),
        mate=await office.person("mate", team_id=north),
        head=await office.person("head", role="head", team_id=north),
        other_head=await office.person("other", role="head", team_id=south),
        admin=await office.person("admin", role="admin"),
        watcher=await office.person("watcher", role="viewer"),
    )


async def test_asked_for_and_given(floor: Floor) -> None:
    offer = await floor.offer()
    path = f"/offers/{offer['id']}"
    asked = await floor.anna.post(
        f"{path}/request-approval", {"comment": "an old client"}, version=1
    )
    assert asked.status_code == 200, asked.text
    assert asked.json()["approval"] == {
        "status": "requested", "by": None, "at": "2026-03-10T09:00:00Z", "comment": "an old client",
    }  # fmt: skip
    floor.office.later(minutes=5)
    given = await floor.head.post(f"{path}/approve", {"comment": "fine"}, version=2)
    assert given.status_code == 200, given.text
    assert given.json()["approval"] == {
        "status": "approved", "by": floor.head.id, "at": "2026-03-10T09:05:00Z", "comment": "fine",
    }  # fmt: skip
    assert (given.json()["version"], given.json()["revision"]) == (3, 1)
    past = (await floor.anna.get(f"{path}/history")).json()["items"]
    assert past[-1]["changes"] == [
        {"field": "approval_status", "before": "requested", "after": "approved"}
    ]
    assert (await floor.anna.get(f"{path}/revisions")).json() == {"items": [], "next_cursor": None}
    moved = await floor.anna.post(f"{path}/move", {"stage": "request"}, version=3)
    assert moved.status_code == 200, moved.text
    sent = await floor.anna.post(f"{path}/move", {"stage": "sent"}, version=4)
    assert sent.status_code == 200, sent.text


async def test_refused_and_asked_again(floor: Floor) -> None:
    offer = await floor.offer()
    path = f"/offers/{offer['id']}"
    moved = await floor.anna.post(f"{path}/move", {"stage": "request"}, version=1)
    assert moved.json()["approval"]["status"] == "requested"
    no = await floor.head.post(f"{path}/reject", {"comment": "20 % is too much"}, version=2)
    assert no.status_code == 200, no.text
    assert no.json()["approval"]["status"] == "rejected"
    refused = await floor.anna.post(f"{path}/move", {"stage": "sent"}, version=3)
    assert refused.status_code == 409
    edited = await floor.anna.patch(path, {"discount_percent": "15"}, version=3)
    assert edited.json()["approval"]["status"] == "none"
    asked = await floor.anna.post(f"{path}/request-approval", {}, version=4)
    assert asked.status_code == 200
    again = await floor.anna.post(f"{path}/request-approval", {}, version=5)
    assert again.status_code == 409


async def test_a_head_changes_terms_and_the_old_ones_are_kept(floor: Floor) -> None:
    offer = await floor.offer(payment_terms="50 / 50")
    path = f"/offers/{offer['id']}"
    fields = {"discount_percent": "5", "payment_terms": "prepaid"}
    given = await floor.head.post(
        f"{path}/approve", {"fields": fields, "comment": "5 % at most"}, version=1
    )
    assert given.status_code == 200, given.text
    told = given.json()
    assert (told["discount_percent"], told["total"], told["payment_terms"]) == (
        "5.00", "190.00", "prepaid",
    )  # fmt: skip
    assert (told["approval"]["status"], told["revision"], told["rework_count"]) == (
        "approved", 2, 0,
    )  # fmt: skip
    kept = (await floor.anna.get(f"{path}/revisions")).json()["items"]
    assert len(kept) == 1
    assert {name: kept[0][name] for name in ("revision", "by", "note", "at")} == {
        "revision": 1, "by": floor.head.id, "note": "5 % at most", "at": "2026-03-10T09:00:00Z",
    }  # fmt: skip
    content = kept[0]["content"]
    assert (content["discount_percent"], content["total"], content["currency"]) == (
        "20.00", "160.00", "RUB",
    )  # fmt: skip
    assert content["payment_terms"] == "50 / 50"
    assert content["lines"] == offer["lines"]
    for stage, more in (("request", {}), ("sent", {}), ("rework", {"comment": "12 seats"})):
        version = (await floor.anna.get(path)).json()["version"]
        moved = await floor.anna.post(f"{path}/move", {"stage": stage, **more}, version=version)
        assert moved.status_code == 200, moved.text
    assert (moved.json()["revision"], moved.json()["rework_count"]) == (3, 1)
    kept = (await floor.anna.get(f"{path}/revisions")).json()["items"]
    assert [row["revision"] for row in kept] == [1, 2]
    assert kept[1]["content"]["payment_terms"] == "prepaid"


async def test_the_same_terms_again_are_no_revision(floor: Floor) -> None:
    offer = await floor.offer()
    path = f"/offers/{offer['id']}"
    given = await floor.head.post(
        f"{path}/approve", {"fields": {"discount_percent": "20"}}, version=1
    )
    assert (given.status_code, given.json()["revision"], given.json()["version"]) == (200, 1, 2)
    assert (await floor.anna.get(f"{path}/revisions")).json()["items"] == []


DECIDERS = [
    ("anna", 403), ("mate", 404), ("head", 200), ("other_head", 404), ("admin", 200),
    ("watcher", 403),
]  # fmt: skip


@pytest.mark.parametrize("verb", ["approve", "reject"])
async def test_who_may_decide(floor: Floor, verb: str) -> None:
    for name, status in DECIDERS:
        offer = await floor.offer()
        before = await floor.office.counts()
        person: Person = getattr(floor, name)
        body = {"comment": "x"}
        reply = await person.post(f"/offers/{offer['id']}/{verb}", body, version=1)
        assert reply.status_code == status, (name, reply.text)
        if status != 200:
            assert await floor.office.counts() == before
            assert (await floor.anna.get(f"/offers/{offer['id']}")).json() == offer


@pytest.mark.parametrize("verb", ["approve", "reject"])
async def test_nobody_decides_about_an_offer_of_his_own(floor: Floor, verb: str) -> None:
    for name in ("head", "admin"):
        owner: Person = getattr(floor, name)
        offer = await floor.offer(owner)
        reply = await owner.post(f"/offers/{offer['id']}/{verb}", {"comment": "x"}, version=1)
        assert reply.status_code == 403
        assert "own" in reply.json()["detail"]


async def test_refused_decisions_leave_no_trace(floor: Floor) -> None:
    offer = await floor.offer(discount_percent="0", valid_until="2026-04-01")
    path = f"/offers/{offer['id']}"
    before = await floor.office.counts()
    cases: list[tuple[str, Any, int | None, int]] = [
        ("approve", {"colour": 1}, 1, 400), ("approve", {}, None, 428), ("approve", {}, 9, 412),
        ("approve", {"fields": {"amount": 1}}, 1, 400),
        ("approve", {"fields": {"discount_percent": 101}}, 1, 400),
        ("reject", {}, 1, 400), ("reject", {"comment": " "}, 1, 400),
    ]  # fmt: skip
    for verb, body, version, status in cases:
        refused = await floor.head.post(f"{path}/{verb}", body, version=version)
        assert refused.status_code == status, (verb, body, refused.text)
    assert await floor.office.counts() == before
    for version, stage in ((1, "request"), (2, "sent")):
        moved = await floor.anna.post(f"{path}/move", {"stage": stage}, version=version)
        assert moved.status_code == 200, moved.text
    before = await floor.office.counts()
    for person, verb in (
        (floor.head, "approve"),
        (floor.head, "reject"),
        (floor.anna, "request-approval"),
    ):
        late = await person.post(f"{path}/{verb}", {"comment": "x"}, version=3)
        assert late.status_code == 409
    assert await floor.office.counts() == before


async def test_a_body_where_nothing_is_demanded_may_be_left_out(floor: Floor) -> None:
    offer = await floor.offer()
    path = f"/offers/{offer['id']}"
    asked = await floor.anna.post(f"{path}/request-approval", version=1)
    assert asked.status_code == 200, asked.text
    given = await floor.head.post(f"{path}/approve", version=2)
    assert given.status_code == 200, given.text
    bare = await floor.head.post(f"{path}/reject", version=3)
    assert bare.status_code == 400
    assert bare.json()["errors"] == [{"pointer": "/", "detail": "a JSON body is needed"}]
    swept = await floor.admin.post("/renewals/sweeps")
    assert swept.status_code == 200, swept.text
