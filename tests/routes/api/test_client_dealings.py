"""What is derived about a client from his cards, and his timeline, over REST."""

from typing import Any

import pytest

from tests.office import Office, Person
from tests.statements import asked

pytestmark = pytest.mark.anyio


async def _deal(person: Person, client_id: int, **fields: Any) -> int:
    made = await person.post("/deals", {"title": "Servers", "client_id": client_id, **fields})
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


async def _move(
    person: Person, kind: str, card_id: int, stage: str, version: int = 1, **more: Any
) -> dict[str, Any]:
    moved = await person.post(f"/{kind}/{card_id}/move", {"stage": stage, **more}, version=version)
    assert moved.status_code == 200, moved.text
    return dict(moved.json())


async def _told(person: Person, client_id: int) -> tuple[Any, ...]:
    """Relation, churn and lifetime value, alone and in the list alike."""
    one = (await person.get(f"/clients/{client_id}")).json()
    rows = (await person.get("/clients", limit=200)).json()["items"]
    assert one in rows
    return one["relation"], one["churned_on"], one["ltv"]


async def test_a_client_from_the_first_enquiry_to_the_end(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    assert await _told(anna, acme) == ("potential", None, [])
    lost = await _deal(anna, acme)
    assert await _told(anna, acme) == ("prospect", None, [])
    rival = await office.reason("chose_competitor")
    closed: dict[str, Any] = {"reason_id": rival, "fields": {"competitor": "Other Ltd"}}
    await _move(anna, "deals", lost, "lost", **closed)
    assert await _told(anna, acme) == ("foreign", None, [])
    won = await _deal(anna, acme, amount="900.10", renewal_period="P1M")
    assert await _told(anna, acme) == ("prospect", None, [])
    await _move(anna, "deals", won, "won")
    paid = [{"currency": "RUB", "amount": "900.10"}]
    assert await _told(anna, acme) == ("client", None, paid)
    dollars = await _deal(anna, acme, amount=5, currency="USD", one_off=True)
    await _move(anna, "deals", dollars, "won")
    more = [*paid, {"currency": "USD", "amount": "5.00"}]
    assert await _told(anna, acme) == ("client", None, more)
    renewal = (await anna.get("/renewals", client_id=acme)).json()["items"][0]
    office.later(days=10)
    reason = await office.reason("stopped_using", "renewals")
    await _move(anna, "renewals", renewal["id"], "not_renewed", reason_id=reason)
    assert renewal["renewal_date"] == "2026-04-10"
    assert await _told(anna, acme) == ("client", "2026-04-10", more)
    office.later(days=21)
    assert await _told(anna, acme) == ("churned", "2026-04-10", more)
    back = await _deal(anna, acme, amount=1, one_off=True)
    await _move(anna, "deals", back, "won")
    again = [{"currency": "RUB", "amount": "901.10"}, more[1]]
    assert await _told(anna, acme) == ("client", None, again)


async def test_what_a_viewer_may_not_see_does_not_count(office: Office) -> None:
    """Boris owns one open deal of Anna's client: her wins do not exist for him."""
    anna, boris = await office.person("anna"), await office.person("boris")
    admin = await office.person("admin", role="admin")
    acme = await office.client(anna)
    won = await _deal(anna, acme, amount=7, one_off=True)
    await _move(anna, "deals", won, "won")
    await _deal(admin, acme, owner_id=boris.id)
    assert await _told(anna, acme) == ("client", None, [{"currency": "RUB", "amount": "7.00"}])
    assert await _told(boris, acme) == ("prospect", None, [])


async def test_the_derived_state_does_not_raise_the_version(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    before = await anna.get(f"/clients/{acme}")
    await _deal(anna, acme)
    after = await anna.get(f"/clients/{acme}")
    assert (before.json()["version"], after.json()["version"]) == (1, 1)
    assert before.headers["etag"] != after.headers["etag"]
    edited = await anna.http.patch(
        f"/clients/{acme}", json={"phone": "1"}, headers={"If-Match": before.headers["etag"]}
    )
    assert edited.status_code == 200


async def test_a_list_asks_the_database_as_often_for_one_as_for_many(office: Office) -> None:
    anna = await office.person("anna")
    await _deal(anna, await office.client(anna))
    with asked(office) as one:
        assert (await anna.get("/clients")).status_code == 200
    for name in "bcdefg":
        await _deal(anna, await office.client(anna, name))
    with asked(office) as many:
        assert len((await anna.get("/clients")).json()["items"]) == 7
    assert len(one) == len(many) <= 7


async def test_the_timeline_is_newest_first_and_shows_what_one_may_see(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    admin = await office.person("admin", role="admin")
    acme = await office.client(anna)
    mine = await _deal(anna, acme)
    office.later(hours=1)
    his = await _deal(admin, acme, owner_id=boris.id, title="Cables")
    office.later(hours=1)
    await _move(anna, "deals", mine, "offer")
    path = f"/clients/{acme}/timeline"
    items = (await anna.get(path)).json()["items"]
    assert [(row["card_id"], row["event"]) for row in items] == [
        (mine, "moved"), (his, "created"), (mine, "created"),
    ]  # fmt: skip
    assert items[0]["from_stage"] == "needs"
    assert (items[1]["card_number"], items[1]["card_title"]) == (f"D-{his}", "Cables")
    assert items[1]["actor"]["name"] == "admin"
    first = (await anna.get(path, limit=2)).json()
    rest = (await anna.get(path, limit=2, cursor=first["next_cursor"])).json()
    assert (first["items"] + rest["items"], rest["next_cursor"]) == (items, None)
    seen = (await boris.get(path)).json()["items"]
    assert [row["card_id"] for row in seen] == [his]
    assert (await (await office.person("clara")).get(path)).status_code == 404
    assert (await anna.get(path, cursor="x")).status_code == 400
    assert (await anna.get(path, sort="at")).status_code == 400
