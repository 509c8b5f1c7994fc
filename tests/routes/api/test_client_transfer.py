"""Giving a client away: who may, and what goes along."""

from typing import Any

import pytest

from tests.office import Office, Person

pytestmark = pytest.mark.anyio


async def _deal(person: Person, client_id: int, **fields: Any) -> dict[str, Any]:
    made = await person.post("/deals", {"title": "Servers", "client_id": client_id, **fields})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_everything_open_and_waiting_of_the_old_owner_goes_along(office: Office) -> None:
    anna, boris, clara = [await office.person(name) for name in ("anna", "boris", "clara")]
    admin = await office.person("admin", role="admin")
    acme = await office.client(anna)
    open_deal = await _deal(anna, acme)
    other = await _deal(admin, acme, owner_id=clara.id)
    sold = await _deal(anna, acme, amount=5, renewal_period="P1Y")
    won = await anna.post(f"/deals/{sold['id']}/move", {"stage": "won"}, version=1)
    assert won.status_code == 200
    renewal = (await anna.get("/renewals", client_id=acme)).json()["items"][0]
    office.delivered.clear()
    given = await anna.post(
        f"/clients/{acme}/transfer", {"owner_id": boris.id, "note": "on leave"}, version=1
    )
    assert given.status_code == 200, given.text
    assert (given.json()["owner_id"], given.json()["version"]) == (boris.id, 2)
    assert (await anna.get(f"/clients/{acme}")).status_code == 200  # she owns the won deal
    owners = {
        row["id"]: (row["owner_id"], row["version"], row["is_new_to_owner"])
        for row in (await admin.get("/deals")).json()["items"]
    }
    assert owners == {
        open_deal["id"]: (boris.id, 2, True),
        other["id"]: (clara.id, 1, False),
        sold["id"]: (anna.id, 2, False),
    }
    waiting = (await boris.get(f"/renewals/{renewal['id']}")).json()
    assert (waiting["owner_id"], waiting["is_new_to_owner"]) == (boris.id, False)
    past = (await boris.get(f"/deals/{open_deal['id']}/history")).json()["items"]
    assert (past[-1]["event"], past[-1]["comment"]) == ("transferred", "on leave")
    touched = sorted((effect.kind, effect.id) for effect in office.delivered)
    assert touched == sorted(
        [
            ("client", acme), ("deal", open_deal["id"]), ("renewal", renewal["id"]),
            ("agreement", renewal["agreement_id"]),
        ]
    )  # fmt: skip


async def test_a_gift_to_oneself_changes_nothing(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    before = await office.counts()
    same = await anna.post(f"/clients/{acme}/transfer", {"owner_id": anna.id}, version=1)
    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert await office.counts() == before


async def test_who_may_give_to_whom(office: Office) -> None:
    """A manager gives his own to anybody, a head within his teams, an admin anything."""
    north, south = await office.team("North"), await office.team("South")
    anna = await office.person("anna", team_id=north)
    mate = await office.person("mate", team_id=north)
    far = await office.person("far", team_id=south)
    head = await office.person("head", role="head", team_id=north)
    other_head = await office.person("head2", role="head", team_id=south)
    admin = await office.person("admin", role="admin")
    cases = [
        (anna, far, 200), (anna, mate, 200), (head, mate, 200), (head, far, 403),
        (other_head, far, 404), (mate, far, 404), (admin, far, 200),
    ]  # fmt: skip
    for giver, taker, status in cases:
        acme = await office.client(anna)
        deal = await _deal(anna, acme)
        before = await office.counts()
        given = await giver.post(f"/clients/{acme}/transfer", {"owner_id": taker.id}, version=1)
        assert given.status_code == status, (giver, taker, given.text)
        moved = (await admin.get(f"/deals/{deal['id']}")).json()["owner_id"]
        assert moved == (taker.id if status == 200 else anna.id)
        if status != 200:
            assert await office.counts() == before


async def test_refused_gifts(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    path = f"/clients/{acme}/transfer"
    assert (await anna.post(path, {"owner_id": anna.id})).status_code == 428
    assert (await anna.post(path, {"owner_id": anna.id}, version=2)).status_code == 412
    assert (await anna.post(path, {"owner_id": 999_999}, version=1)).status_code == 404
    assert (await anna.post(path, {}, version=1)).status_code == 400
