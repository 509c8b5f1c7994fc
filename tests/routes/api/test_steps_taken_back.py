"""Next steps when a card is closed, reopened, deleted, and when a move is undone."""

import pytest

from tests.domain.offers.desk import Desk, set_up
from tests.factories.cards import new_deal
from tests.factories.tasks import new_task
from tests.office import Office
from tests.routes.api.steps import FRIDAY, THURSDAY, acted, moved, tasks_of, told

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(office: Office) -> Desk:
    return await set_up(office)


async def test_a_win_closes_and_reopening_brings_nothing_back(desk: Desk) -> None:
    made = await new_deal(desk.anna, client_id=desk.client_id, amount=5, one_off=True)
    by_hand = await new_task(desk.anna, card_id=made["id"])
    deal = await moved(desk.anna, await moved(desk.anna, made, "invoice"), "won")
    assert await told(desk.anna, deal) == [
        (None, by_hand["due_at"], 1, None),
        ("d_invoice", FRIDAY, 2, "card"),
    ]
    deal = await moved(desk.anna, deal, "negotiation")
    assert (await told(desk.anna, deal))[1] == ("d_invoice", FRIDAY, 2, "card")
    # Nothing but tasks was closed, so the reopening can be undone.
    deal = await acted(desk.anna, "undo", deal)
    assert (deal["state"], (await told(desk.anna, deal))[1][3]) == ("won", "card")
    closed = (await tasks_of(desk.anna, deal))[1]
    refused = await desk.anna.patch(f"/tasks/{closed['id']}", {"done": False}, version=2)
    assert refused.status_code == 409
    deal = await moved(desk.anna, deal, "invoice")
    assert (await told(desk.anna, deal))[1:] == [
        ("d_invoice", FRIDAY, 2, "card"),
        ("d_invoice", FRIDAY, 1, None),
    ]


async def test_undo_of_a_loss_opens_the_task_again(desk: Desk) -> None:
    deal = await new_deal(desk.anna, client_id=desk.client_id, amount=5, stage="invoice")
    reason = await desk.office.reason("not_paid")
    lost = await moved(desk.anna, deal, "lost", reason_id=reason)
    assert await told(desk.anna, deal) == [("d_invoice", FRIDAY, 2, "card")]
    back = await acted(desk.anna, "undo", lost)
    assert await told(desk.anna, deal) == [("d_invoice", FRIDAY, 3, None)]
    # What somebody has written on since stays closed, and stands in nobody's way.
    lost = await moved(desk.anna, back, "lost", reason_id=reason)
    (task,) = await tasks_of(desk.anna, deal)
    noted = {"outcome": "sorry"}
    assert (await desk.anna.patch(f"/tasks/{task['id']}", noted, version=4)).status_code == 200
    await acted(desk.anna, "undo", lost)
    assert await told(desk.anna, deal) == [("d_invoice", FRIDAY, 5, "card")]


async def test_undo_takes_the_task_back_and_lowers_the_raised_one(desk: Desk) -> None:
    offer = await desk.offer("request")
    sent = await desk.moved(offer, "sent")
    (task,) = await tasks_of(desk.anna, sent)
    assert (await desk.undo(sent)).status_code == 200
    assert await tasks_of(desk.anna, sent) == []
    assert (await desk.anna.post(f"/tasks/{task['id']}/restore")).status_code == 409
    sent = await desk.moved(await desk.read("offers", offer["id"]), "sent")
    (before,) = await tasks_of(desk.anna, sent)
    desk.office.later(days=1)
    reworked = await desk.moved(sent, "rework")
    assert await told(desk.anna, sent) == [("o_rework", THURSDAY, 2, None)]
    assert (await desk.undo(reworked)).status_code == 200
    (after,) = await tasks_of(desk.anna, sent)
    assert after == {**before, "version": 3, "updated_at": "2026-03-11T09:00:00Z"}


@pytest.mark.parametrize("stage", ["sent", "rework"])
async def test_a_task_that_was_touched_stands_in_the_way_of_undo(desk: Desk, stage: str) -> None:
    offer = await desk.offer(stage)
    (task,) = await tasks_of(desk.anna, offer)
    path = f"/tasks/{task['id']}"
    done = await desk.anna.patch(path, {"done": True}, version=task["version"])
    before = await desk.office.counts()
    refused = await desk.undo(offer)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert refused.json()["record"] == {"kind": "task", "id": task["id"]}
    assert task["title"] in refused.json()["detail"]
    assert await desk.office.counts() == before
    assert (await desk.anna.get(path)).json() == done.json()
    assert await desk.read("offers", offer["id"]) == offer


async def test_a_deleted_card_closes_its_tasks_for_good(desk: Desk) -> None:
    deal = await new_deal(desk.anna, client_id=desk.client_id, amount=5, stage="invoice")
    path = f"/deals/{deal['id']}"
    assert (await desk.anna.delete(path, version=1)).status_code == 204
    assert await tasks_of(desk.anna, deal) == []
    assert (await desk.anna.post(f"{path}/restore")).status_code == 200
    assert await told(desk.anna, deal) == [("d_invoice", FRIDAY, 2, "card")]
