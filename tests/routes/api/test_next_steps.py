"""One card, one next step: the tasks that stages make, raise and close."""

from decimal import Decimal

import pytest

from backend.domain.deals.schemas import DealCreate
from backend.domain.moves import creating
from tests.domain.offers.desk import Desk, set_up
from tests.factories.cards import new_deal, new_lead, new_renewal
from tests.factories.tasks import new_task
from tests.office import Office
from tests.routes.api.steps import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    WEDNESDAY,
    acted,
    moved,
    tasks_of,
    told,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(office: Office) -> Desk:
    return await set_up(office)


async def test_a_presentation_asks_for_feedback(desk: Desk) -> None:
    lead = await new_lead(desk.anna)
    assert await tasks_of(desk.anna, lead) == []
    desk.office.delivered.clear()
    lead = await moved(desk.anna, lead, "presentation")
    (task,) = await tasks_of(desk.anna, lead)
    assert (task["title"], task["kind"]) == ("Получить отклик на презентацию", "call")
    assert (task["family"], task["made_by"], task["due_at"]) == (
        "contact", "l_presentation", THURSDAY,
    )  # fmt: skip
    assert (task["assignee_id"], task["version"], task["done_at"]) == (desk.anna.id, 1, None)
    said = [(effect.kind, effect.id) for effect in desk.office.delivered]
    assert sorted(said) == sorted([("lead", lead["id"]), ("task", task["id"])])
    # An offer is asked for: the stage is left behind, and the task with it.
    await desk.offer(lead_id=lead["id"])
    assert await told(desk.anna, lead) == [("l_presentation", THURSDAY, 2, "card")]


async def test_an_offer_raises_the_one_task_that_it_has(desk: Desk) -> None:
    offer = await desk.offer("request")
    assert await tasks_of(desk.anna, offer) == []
    offer = await desk.moved(offer, "sent")
    (task,) = await tasks_of(desk.anna, offer)
    assert task["title"] == f"Получить обратную связь: Acme, КП-{offer['id']}"
    assert (task["made_by"], task["due_at"]) == ("o_feedback", THURSDAY)
    reworked = await desk.moved(offer, "rework")
    (raised,) = await tasks_of(desk.anna, offer)
    assert raised["title"] == f"Перезвонить с новыми условиями: Acme, КП-{offer['id']}"
    assert (raised["id"], raised["made_by"], raised["due_at"], raised["version"]) == (
        task["id"], "o_rework", WEDNESDAY, 2,
    )  # fmt: skip
    desk.office.later(days=2)
    sent = await desk.moved(reworked, "sent")
    assert await told(desk.anna, offer) == [("o_feedback", MONDAY, 3, None)]
    await desk.moved(sent, "declined")
    assert await told(desk.anna, offer) == [("o_feedback", MONDAY, 4, "card")]
    assert (await tasks_of(desk.anna, offer))[0]["done_at"] == "2026-03-12T09:00:00Z"


async def test_what_is_done_is_not_raised(desk: Desk) -> None:
    offer = await desk.offer("sent")
    (task,) = await tasks_of(desk.anna, offer)
    path = f"/tasks/{task['id']}"
    assert (await desk.anna.patch(path, {"done": True}, version=1)).status_code == 200
    await desk.moved(offer, "rework")
    assert await told(desk.anna, offer) == [
        ("o_feedback", THURSDAY, 2, "person"),
        ("o_rework", WEDNESDAY, 1, None),
    ]
    refused = await desk.anna.patch(path, {"done": False}, version=2)
    assert refused.status_code == 409
    open_id = (await tasks_of(desk.anna, offer))[1]["id"]
    assert refused.json()["record"] == {"kind": "task", "id": open_id}
    assert (await desk.anna.delete(f"/tasks/{open_id}", version=1)).status_code == 204
    assert (await desk.anna.patch(path, {"done": False}, version=2)).status_code == 200
    assert (await desk.anna.post(f"/tasks/{open_id}/restore")).status_code == 409


async def test_an_accepted_offer_s_deal_asks_for_the_payment(desk: Desk) -> None:
    offer = await desk.offer("sent")
    accepted = await desk.moved(offer, "accepted")
    deal = await desk.read("deals", accepted["deal_id"])
    (task,) = await tasks_of(desk.anna, deal)
    assert (task["title"], task["family"], task["kind"]) == ("Проверить оплату", "payment", "todo")
    assert (task["due_at"], task["assignee_id"]) == (FRIDAY, desk.anna.id)
    assert await told(desk.anna, offer) == [("o_feedback", THURSDAY, 2, "card")]
    # All of it goes back together.
    assert (await desk.undo(accepted)).status_code == 200
    assert (await desk.anna.get(f"/tasks/{task['id']}")).status_code == 404
    assert (await desk.anna.post(f"/tasks/{task['id']}/restore")).status_code == 404
    assert await told(desk.anna, offer) == [("o_feedback", THURSDAY, 3, None)]


async def test_a_deal_that_follows_its_offer_gets_the_task_too(desk: Desk) -> None:
    deal = await new_deal(desk.anna, client_id=desk.client_id, amount=5)
    await desk.offer("accepted", deal_id=deal["id"])
    assert await told(desk.anna, deal) == [("d_invoice", FRIDAY, 1, None)]


async def test_a_card_may_be_born_where_a_task_is_made(desk: Desk) -> None:
    deal = await new_deal(desk.anna, client_id=desk.client_id, amount=5, stage="invoice")
    lead = await new_lead(desk.anna, stage="presentation")
    assert await told(desk.anna, deal) == [("d_invoice", FRIDAY, 1, None)]
    assert await told(desk.anna, lead) == [("l_presentation", THURSDAY, 1, None)]


async def test_an_import_tells_of_the_past_and_makes_none(desk: Desk) -> None:
    importer = await desk.office.system("import")
    fields = DealCreate(
        title="Old", client_id=desk.client_id, owner_id=desk.anna.id, amount=Decimal(5),
        stage="invoice",
    )  # fmt: skip
    made = await desk.office.do(lambda tx: creating.create(tx, importer, "deal", fields))
    deal = await desk.read("deals", made)
    assert (deal["stage_key"], await tasks_of(desk.anna, deal)) == ("invoice", [])


async def test_consent_to_an_offer_is_to_be_discussed(desk: Desk) -> None:
    offer = await desk.offer("request", discount_percent="20")
    assert offer["approval"]["status"] == "requested"
    path = f"/offers/{offer['id']}/approve"
    approved = await desk.head.post(path, {}, version=offer["version"])
    assert approved.status_code == 200, approved.text
    (task,) = await tasks_of(desk.anna, offer)
    assert task["title"] == f"Обсудить с клиентом согласованные условия: КП-{offer['id']}"
    assert (task["made_by"], task["family"], task["due_at"]) == ("o_approved", "contact", WEDNESDAY)
    assert task["assignee_id"] == desk.anna.id
    await desk.moved(approved.json(), "sent")
    assert await told(desk.anna, offer) == [("o_feedback", THURSDAY, 2, None)]


async def test_a_renewal_that_comes_into_work_is_to_be_confirmed(desk: Desk) -> None:
    anna = desk.anna
    admin = await desk.office.person("admin", role="admin")
    renewal = await new_renewal(
        anna, client_id=desk.client_id, title="Support", renewal_date="2026-04-10"
    )
    assert await tasks_of(anna, renewal) == []
    swept = await admin.post("/renewals/sweeps", {})
    assert swept.json()["activated"] == 1
    (task,) = await tasks_of(anna, renewal)
    assert task["title"] == "Подтвердить продление: Acme, Support, до 10.04.2026"
    assert (task["made_by"], task["due_at"]) == ("r_activated", WEDNESDAY)
    assert task["assignee_id"] == anna.id
    # It makes sense wherever the renewal is in work, and none where it waits again.
    renewal = (await anna.get(f"/renewals/{renewal['id']}")).json()
    renewal = await moved(anna, renewal, "invoice_sent")
    assert await told(anna, renewal) == [("r_activated", WEDNESDAY, 1, None)]
    later = {"renewal_date": "2026-09-01", "reason": "client_asked"}
    renewal = await acted(anna, "reschedule", renewal, later)
    assert (renewal["state"], await told(anna, renewal)) == (
        "waiting", [("r_activated", WEDNESDAY, 2, "card")],
    )  # fmt: skip
    await acted(anna, "activate", renewal)
    assert (await told(anna, renewal))[1:] == [("r_activated", WEDNESDAY, 1, None)]


async def test_the_company_s_language_and_its_days_off(desk: Desk) -> None:
    await desk.office.set_company(locale="en")
    desk.office.later(days=52)  # Friday, 1 May 2026, a holiday
    offer = await desk.offer("sent")
    (task,) = await tasks_of(desk.anna, offer)
    assert task["title"] == f"Get feedback: Acme, O-{offer['id']}"
    assert task["due_at"] == "2026-05-05T15:00:00Z"


async def test_tasks_of_the_old_owner_go_along_with_a_card_and_a_client(desk: Desk) -> None:
    anna, office = desk.anna, desk.office
    boris = await office.person("boris")
    deal = await new_deal(anna, client_id=desk.client_id, amount=5, stage="invoice")
    offer = await desk.offer("sent")
    lead = await new_lead(anna, stage="presentation")
    of_client = await new_task(anna, client_id=desk.client_id)
    of_head = await new_task(anna, card_id=deal["id"], assignee_id=desk.head.id)
    done = await new_task(anna, card_id=deal["id"])
    assert (await anna.patch(f"/tasks/{done['id']}", {"done": True}, version=1)).status_code == 200
    office.delivered.clear()
    path = f"/clients/{desk.client_id}/transfer"
    assert (await anna.post(path, {"owner_id": boris.id}, version=1)).status_code == 200
    admin = await office.person("admin", role="admin")
    mine = (await admin.get("/tasks", assignee_id=boris.id, sort="id")).json()["items"]
    (payment, *_), (feedback,) = await tasks_of(admin, deal), await tasks_of(admin, offer)
    assert (payment["made_by"], feedback["made_by"]) == ("d_invoice", "o_feedback")
    ids = [payment["id"], feedback["id"], of_client["id"]]
    assert [(task["id"], task["version"]) for task in mine] == [(number, 2) for number in ids]
    said = sorted(effect.id for effect in office.delivered if effect.kind == "task")
    assert said == ids
    kept = (await admin.get("/tasks", assignee_id=anna.id, done="false")).json()["items"]
    assert [task["card_id"] for task in kept] == [lead["id"]]
    assert (await admin.get(f"/tasks/{of_head['id']}")).json()["assignee_id"] == desk.head.id
    await acted(anna, "transfer", lead, {"owner_id": boris.id})
    assert (await tasks_of(boris, lead))[0]["assignee_id"] == boris.id
