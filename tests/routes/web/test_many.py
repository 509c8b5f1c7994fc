"""Several cards at once, each by itself: what refuses one is told and stops no other."""

from typing import Any

from tests.factories.cards import new_deal
from tests.office import Office
from tests.routes.web.sellers import cards, sitting, toast


async def test_several_are_handed_over_and_who_refused_is_told(office: Office) -> None:
    boss = await sitting(office, "boss", "admin")
    boris = await office.person("boris")
    acme = await office.client(boss.person)
    first, stale, last = [(await new_deal(boss.person, client_id=acme))["id"] for _ in range(3)]
    ids = f"{first},{stale},{last}"
    asked = await boss.look(f"/deals/bulk/transfer?ids={ids}&vers=1,1,1&sort=sum")
    assert f'<option value="{boris.id}">boris</option>' in asked
    assert 'hx-post="/deals/bulk/transfer?sort=sum"' in asked
    sent: dict[str, Any] = {"ids": ids, "vers": "1,7,1", "owner_id": boris.id, "note": "Yours"}
    reply = await boss.send("/deals/bulk/transfer", **sent)
    assert reply.status_code == 200, reply.text
    assert sorted(cards(reply.text)) == [first, stale, last]
    told = toast(reply)
    assert told["tone"] == "bad"
    assert told["text"].startswith(f"2 cards → boris; D-{stale}: ")
    for card, owner, events in (
        (first, boris.id, ["created", "transferred"]), (stale, boss.person.id, ["created"]),
        (last, boris.id, ["created", "transferred"]),
    ):  # fmt: skip
        assert (await boss.person.get(f"/deals/{card}")).json()["owner_id"] == owner
        assert await office.events(card) == events


async def test_who_gave_cards_away_takes_them_back_until_they_are_opened(office: Office) -> None:
    anna, boris = await sitting(office, "anna"), await sitting(office, "boris")
    boss = await office.person("boss", "admin")
    acme = await office.client(anna.person)
    kept, opened = [(await new_deal(anna.person, client_id=acme))["id"] for _ in range(2)]
    sent = {"ids": f"{kept},{opened}", "vers": "1,1", "owner_id": boris.person.id}
    told = toast(await anna.send("/deals/bulk/transfer?sort=sum", **sent))
    assert (told["undo"], told["values"]) == (
        "/deals/bulk/transfer/undo?sort=sum", {"ids": f"{kept},{opened}", "vers": "2,2"},
    )  # fmt: skip
    assert (await boris.send(f"/deals/{opened}/opened")).status_code == 200
    before = await office.counts()
    foreign = await boris.send(told["undo"], **told["values"])
    assert toast(foreign)["tone"] == "bad"
    assert await office.counts() == before
    back = await anna.send(told["undo"], **told["values"])
    assert toast(back)["text"].startswith(f"1 card: taken back; D-{opened}: ")
    for card, owner in ((kept, anna.person.id), (opened, boris.person.id)):
        assert (await boss.get(f"/deals/{card}")).json()["owner_id"] == owner
    late = await anna.send(told["undo"], ids=opened, vers=3)
    assert "something was done with this card since" in toast(late)["text"]
    sent = {"ids": kept, "vers": 3, "owner_id": boris.person.id}
    again = toast(await anna.send("/deals/bulk/transfer", **sent))
    office.later(minutes=11)
    assert "10 minutes" in toast(await anna.send(again["undo"], **again["values"]))["text"]


async def test_nobody_gives_away_what_is_not_his(office: Office) -> None:
    anna = await sitting(office, "anna")
    boris = await office.person("boris")
    acme = await office.client(anna.person)
    mine = (await new_deal(anna.person, client_id=acme))["id"]
    given = await anna.person.post(f"/deals/{mine}/transfer", {"owner_id": boris.id}, 1)
    assert given.status_code == 200
    other = await office.client(boris, "Vector")
    unseen = (await new_deal(boris, client_id=other))["id"]
    counts = await office.counts()
    sent = {"ids": f"{mine},{unseen}", "vers": "2,1", "owner_id": anna.person.id}
    reply = await anna.send("/deals/bulk/transfer", **sent)
    told = toast(reply)["text"]
    assert told.startswith(f"D-{mine}: ")
    assert f"; D-{unseen}: " in told
    assert await office.counts() == counts
    assert f'data-gone="{unseen}"' in reply.text


async def test_a_task_is_made_for_each(office: Office) -> None:
    anna = await sitting(office, "anna")
    boris = await office.person("boris")
    acme, other = await office.client(anna.person), await office.client(boris, "Vector")
    mine = [(await new_deal(anna.person, client_id=acme))["id"] for _ in range(2)]
    unseen = (await new_deal(boris, client_id=other))["id"]
    asked = await anna.look(f"/deals/bulk/task?ids={mine[0]}&vers=1")
    assert f"D-{mine[0]}" in asked
    sent = {"ids": f"{mine[0]},{unseen},{mine[1]}", "vers": "1,1,1", "title": "Ring", "days": 1}
    reply = await anna.send("/deals/bulk/task", **sent)
    assert reply.status_code == 200, reply.text
    assert toast(reply)["text"].startswith(f"2 cards → Ring; D-{unseen}: ")
    assert reply.text.count("Ring</span>") == 2
    found = (await anna.person.get("/tasks", done="false")).json()["items"]
    assert sorted((one["card_id"], one["title"], one["assignee_id"]) for one in found) == [
        (card, "Ring", anna.person.id) for card in mine
    ]
    untold = await anna.send("/deals/bulk/task", ids="1", vers="1,2", title="Ring")
    assert untold.status_code == 400
