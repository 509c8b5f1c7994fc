"""Why cards are lost, over REST: the worked example of offers, streaks, guard rails."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from backend.db.models import card, change, client, pipeline, pipeline_closed
from backend.domain.funnels.alerts.actions import tell_heads
from backend.domain.funnels.reasons import rules
from backend.domain.funnels.reasons.rails.queries import guard_rails
from backend.domain.funnels.reasons.schemas import GuardRail
from tests.domain.offers.desk import Desk, set_up
from tests.factories.cards import new_lead
from tests.office import Office, Person

pytestmark = pytest.mark.anyio
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


@pytest.fixture
async def desk(office: Office) -> Desk:
    found = await set_up(office)
    await found.approval_mode("never")
    return found


async def decline(desk: Desk, key: str, times: int = 1, **fields: Any) -> None:
    reason_id = await desk.office.reason(key, "offers")
    for _ in range(times):
        offer = await desk.offer(**fields)
        asked = {"next_contact_at": "2026-05-01T09:00:00Z"} if key == "postponed" else {}
        await desk.moved(offer, "declined", reason_id=reason_id, **(
            {"fields": asked} if asked else {}
        ))  # fmt: skip


async def report(person: Person, **params: Any) -> dict[str, Any]:
    reply = await person.get("/reports/reasons", **params)
    assert reply.status_code == 200, reply.text
    return reply.json()  # type: ignore[no-any-return]


def row(found: dict[str, Any], key: str = "too_expensive") -> dict[str, Any]:
    (one,) = [one for one in found["items"] if one["reason_key"] == key]
    return one  # type: ignore[no-any-return]


async def rails(desk: Desk, person: Person, card_id: int) -> dict[str, GuardRail]:
    viewer = await desk.office.viewer(person)
    found = await desk.office.do(lambda tx: guard_rails(tx, viewer, card_id))
    return {one.reason_key: one for one in found}


async def test_the_worked_example_of_offers(desk: Desk) -> None:
    """32 offers: 14 accepted, 9 too expensive, 5 terms, 4 timing: fine; one more is an alert."""
    office, anna = desk.office, desk.anna
    for _ in range(14):
        await desk.offer("accepted")
    for key, times in (("too_expensive", 9), ("payment_terms", 5), ("delivery_too_long", 4)):
        await decline(desk, key, times)
    office.later(hours=1)
    found = await report(anna, **MARCH)
    assert (found["pipeline"], found["basis"], found["scope"]) == ("offers", "closed", "own")
    assert (found["closed"], found["won"], found["lost"], found["alerts"]) == (32, 14, 18, [])
    expensive = row(found)
    assert (expensive["owner_id"], expensive["owner_name"]) == (anna.id, "anna")
    assert (expensive["count"], expensive["closed"], expensive["share"]) == (9, 32, 0.2812)
    assert (expensive["limit_percent"], expensive["over_limit"]) == ("30.00", False)
    assert [row(found, key)["share"] for key in ("payment_terms", "delivery_too_long")] == [
        0.1562, 0.125,
    ]  # fmt: skip
    assert await alerted(desk) == ([], [])
    another = await desk.offer()
    told = (await rails(desk, anna, another["id"]))["too_expensive"]
    assert (told.count, told.closed, told.share, told.over_limit) == (10, 33, 0.303, True)
    assert told.team_share is None
    assert (await rails(desk, desk.head, another["id"]))["too_expensive"].team_share == 0.2812
    await desk.moved(another, "declined")
    office.later(hours=1)
    for person in (anna, desk.head):
        (alert,) = (await report(person, **MARCH))["alerts"]
        assert (alert["count"], alert["closed"], alert["share"]) == (10, 33, 0.303)
        assert (alert["reason_key"], alert["over_limit"]) == ("too_expensive", True)
    await demand_one_alert_while_it_holds(desk)
    assert (await report(anna, **{"from": "2026-04-01"}))["items"] == []
    month = row(await report(anna, group_by="month"))
    assert (month["month"], month["owner_id"], month["over_limit"]) == ("2026-03", None, True)


async def alerted(desk: Desk) -> tuple[list[dict[str, Any]], list[str]]:
    """The limits and streaks are looked at, twice; what the head has of it, and what was logged."""
    office = desk.office
    logged = select(change.c.type).where(change.c.kind == "notification").order_by(change.c.id)
    before = await office.do(lambda tx: tx.run(logged))
    seen = len(before.all())
    for _ in range(2):
        await tell_heads(office.database, lambda: office.now)
    after = await office.do(lambda tx: tx.run(logged))
    assert (await desk.anna.get("/notifications")).json()["items"] == []
    items = (await desk.head.get("/notifications")).json()["items"]
    return items, list(after.scalars())[seen:]


async def demand_one_alert_while_it_holds(desk: Desk) -> None:
    """The head is told once, by the report's own numbers, and no longer than they say so."""
    (told,), logged = await alerted(desk)
    assert logged == ["notification.created"]
    assert told["text"] == "anna: «Дорого» – 30,3\xa0% (10 из 33) за 03.2026, предел 30\xa0%"
    assert (told["card_id"], told["client_id"], told["rule_id"]) == (None, None, None)
    behind = dict(told["report"])
    (alert,) = (await report(desk.head, **{k: behind[k] for k in behind if k != "name"}))["alerts"]
    assert (behind["name"], alert["owner_id"], alert["count"]) == ("reasons", desk.anna.id, 10)
    assert (await desk.head.post(f"/notifications/{told['id']}/read")).status_code == 200
    await desk.offer("accepted")
    assert await alerted(desk) == ([], ["notification.deleted"])
    await decline(desk, "too_expensive")
    (again,), logged = await alerted(desk)
    assert (again["id"], again["text"], logged) == (
        told["id"], told["text"], ["notification.restored"],
    )  # fmt: skip
    offers = select(pipeline.c.id).where(pipeline.c.kind == "offer").scalar_subquery()
    shut = insert(pipeline_closed).values(pipeline_id=offers, role="head")
    await desk.office.do(lambda tx: tx.run(shut))
    assert await alerted(desk) == ([], ["notification.deleted"])
    await desk.office.do(lambda tx: tx.run(delete(pipeline_closed)))
    assert (await alerted(desk))[1] == ["notification.restored"]


@pytest.mark.parametrize(
    ("count", "closed", "over"),
    [(9, 32, False), (10, 33, True), (9, 30, False), (3, 10, False), (4, 10, True), (9, 9, False)],
)
def test_just_the_limit_is_no_alert_and_few_cards_are_none(
    count: int, closed: int, over: bool
) -> None:
    assert rules.is_over(count, closed, 3000) is over
    assert not rules.is_over(count, closed, None)


@pytest.mark.parametrize(
    ("outcomes", "first_of_lead", "first_of_client"),
    [("aaaaa", 0, 0), ("aaaaaa", 0, 0), ("aaaa", None, None), ("aaaab", None, None),
     ("baaaaa", None, 1), ("bbaaaaaa", None, 2), ("aaaa-", None, None), ("-----", None, None),
     ("bbbbb", None, None)],
)  # fmt: skip
def test_a_streak_is_of_one_reason_from_the_first_outcome_on(
    outcomes: str, first_of_lead: int | None, first_of_client: int | None
) -> None:
    """Of a lead from its first outcome on, of a client only the last ones."""
    said = [rules.Said(one.strip("-") or None, at) for at, one in enumerate(outcomes)]
    for whole, first in ((True, first_of_lead), (False, first_of_client)):
        run = rules.unbroken(said, {"a": 5}, whole=whole)
        assert [one.card_id for one in run] == (
            [] if first is None else list(range(first, len(said)))
        )


async def test_five_times_too_expensive_proposes_and_another_outcome_disarms(desk: Desk) -> None:
    office, anna = desk.office, desk.anna
    lead = await new_lead(anna, client_id=None)
    on_lead = {"lead_id": lead["id"], "client_id": None}
    await decline(desk, "too_expensive", 4, **on_lead)
    waiting = await desk.offer(**on_lead)
    told = (await rails(desk, anna, waiting["id"]))["too_expensive"]
    assert (told.streak, told.streak_needed) == (5, 5)
    assert (await report(anna))["streaks"] == []
    await desk.moved(waiting, "declined")
    office.later(hours=1)
    (streak,) = (await report(anna))["streaks"]
    assert (streak["lead_id"], streak["count"], streak["needed"]) == (lead["id"], 5, 5)
    assert (streak["reason_key"], streak["proposals"]) == ("too_expensive", ["suspend", "reassign"])
    assert (await report(anna, as_of="2026-03-09"))["streaks"] == []
    (given,), _ = await alerted(desk)
    assert (given["card_id"], given["card_kind"], given["client_id"]) == (lead["id"], "lead", None)
    assert given["text"].startswith("«Дорого» подряд: 5. Приостановить лид или сменить менеджера: ")
    assert (given["report"]["name"], given["report"]["pipeline"]) == ("reasons", None)
    await decline(desk, "too_expensive", 1, **on_lead)
    assert [one["id"] for one in (await alerted(desk))[0]] == [given["id"]]
    await decline(desk, "payment_terms", 1, **on_lead)
    office.later(hours=1)
    assert (await report(anna))["streaks"] == []
    assert await alerted(desk) == ([], ["notification.deleted"])


async def test_the_last_five_of_a_client(desk: Desk) -> None:
    """For who has bought before, an old win does not disarm; offers and deals count alike."""
    office, anna = desk.office, desk.anna
    await decline(desk, "payment_terms")
    office.later(hours=1)
    await decline(desk, "too_expensive", 4)
    deal = await anna.post("/deals", {"title": "Servers", "client_id": desk.client_id})
    lost = {"stage": "lost", "reason_id": await office.reason("too_expensive")}
    assert (await report(anna))["streaks"] == []
    office.later(hours=1)
    moved = await anna.post(f"/deals/{deal.json()['id']}/move", lost, version=1)
    assert moved.status_code == 200, moved.text
    office.later(hours=1)
    (streak,) = (await report(anna))["streaks"]
    assert (streak["client_id"], streak["lead_id"]) == (desk.client_id, None)
    assert (streak["count"], streak["proposals"]) == (5, ["reassign"])
    mine, handed = client.c.id == desk.client_id, {"owner_id": desk.head.id}
    await office.do(lambda tx: tx.run(update(client).where(mine).values(handed)))
    (streak,) = (await report(anna))["streaks"]
    assert (streak["client_id"], streak["owner_name"]) == (desk.client_id, "head")
    deleted = update(card).where(card.c.client_id == desk.client_id).values(deleted_at=office.now)
    await office.do(lambda tx: tx.run(deleted))  # the reports keep what was closed before
    told = [(await report(person))["streaks"] for person in (anna, desk.head)]
    assert [len(found) for found in told] == [0, 1]


async def test_what_never_should_have_been_is_in_no_share(desk: Desk) -> None:
    other = await desk.offer()
    replaced = await desk.office.reason("replaced", "offers")
    given = {"other_card_id": other["id"]}
    await desk.moved(await desk.offer(), "declined", reason_id=replaced, fields=given)
    await decline(desk, "too_expensive")
    await desk.offer("accepted")
    desk.office.later(hours=1)
    found = await report(desk.anna)
    assert (found["closed"], found["void"], row(found)["share"]) == (2, 1, 0.5)


async def test_by_the_month_of_sending_every_offer_sent_counts(desk: Desk) -> None:
    office, anna = desk.office, desk.anna
    first, _ = await desk.offer("sent"), await desk.offer("sent")
    office.now = datetime(2026, 4, 2, 9, 0, tzinfo=UTC)
    await desk.moved(first, "declined")
    office.later(hours=1)
    sent = row(await report(anna, basis="sent", group_by="month", **MARCH))
    assert (sent["month"], sent["count"], sent["closed"], sent["share"]) == ("2026-03", 1, 2, 0.5)
    assert (await report(anna, **MARCH))["closed"] == 0
    then = await report(anna, basis="sent", as_of="2026-04-01", **MARCH)
    assert (then["closed"], then["items"]) == (2, [])
    refused = await anna.get("/reports/reasons", pipeline="sales", basis="sent")
    assert refused.status_code == 400


async def test_from_where_cards_are_lost_now_and_as_it_was(desk: Desk) -> None:
    office, anna = desk.office, desk.anna
    sent = await desk.offer("sent")
    await desk.moved(sent, "declined")
    office.later(days=1)
    await decline(desk, "too_expensive")
    office.later(days=1)
    found = await report(anna, group_by="stage")
    told = {(one["stage_key"], one["count"], one["closed"]) for one in found["items"]}
    assert told == {("sent", 1, 2), ("draft", 1, 2)}
    (then,) = (await report(anna, group_by="stage", as_of="2026-03-10"))["items"]
    assert (then["stage_key"], then["count"], then["closed"]) == ("sent", 1, 1)


async def test_an_earlier_day_knows_when_an_offer_had_been_sent_by_then(desk: Desk) -> None:
    """Sent on 10 March and, reworked, on the 20th again: the month is told as each day knew it."""
    offer = await desk.offer("rework")
    desk.office.later(days=10)
    await desk.moved(offer, "sent")
    desk.office.later(days=2)
    for as_of, sent_on, counted in (
        ("2026-03-15", "2026-03-10", 1), ("2026-03-15", "2026-03-20", 0),
        ("2026-03-21", "2026-03-10", 0), ("2026-03-21", "2026-03-20", 1),
    ):  # fmt: skip
        days = {"from": sent_on, "to": sent_on, "as_of": as_of}
        assert (await report(desk.anna, basis="sent", **days))["closed"] == counted
