"""Reminders over REST: what is due is done for whom it is due, once, however late."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from backend.db.models import client, reminder_failure, reminder_firing
from backend.domain.flows.reminders import watch
from backend.domain.notifications import actions as notifications
from tests.office import Office, Person
from tests.routes.api.chain import Chain, set_up
from tests.routes.api.reminding import alone, made, opened, run, tasks, told
from tests.routes.api.steps import moved

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chain(office: Office) -> Chain:
    await office.set_company(locale="en")
    return await set_up(office)


@pytest.fixture
async def boss(chain: Chain) -> Person:
    return await chain.office.person("boss", "admin")


async def test_today_is_9_april_a_week_ends_on_the_16th(chain: Chain, boss: Person) -> None:
    chain.on("2026-03-01")
    await alone(chain, boss)
    await made(boss, name="A month", offset="-P1M")
    for day in ("2026-04-15", "2026-04-16", "2026-04-17", "2026-05-09", "2026-05-10"):
        await opened(chain, day, title=day)
    assert (await run(chain, boss, "2026-04-08"))["checked"] == 3  # the month of the first three
    before = len(await told(chain.anna))
    line = await run(chain, boss, "2026-04-09")
    assert (line["checked"], line["fired"], line["failed"]) == (2, 2, 0)
    assert (await told(chain.anna))[before:] == [
        "Ends: Acme, 2026-04-16, 2026-04-16",
        "Ends: Acme, 2026-05-09, 2026-05-09",
    ]


async def test_once_per_rule_and_term_and_no_stale_date(chain: Chain, boss: Person) -> None:
    chain.on("2026-04-01")
    await alone(chain, boss)
    term = await opened(chain, "2026-04-16", title="Hosting", period="P1M")
    other = await opened(chain, "2026-04-16", title="Mail")
    await chain.moved_to(other, "2026-04-20")
    for _ in range(2):
        await run(chain, boss, "2026-04-09")
    assert await told(chain.anna) == ["Ends: Acme, Hosting, 2026-04-16"]
    assert (await run(chain, boss, "2026-04-13"))["fired"] == 1
    # The next term of the same agreement is another one.
    won = await chain.won(await chain.read(term), next_renewal_date="2026-05-16")
    await chain.moved(won, "invoice_required")
    await run(chain, boss, "2026-05-09")
    assert (await told(chain.anna))[-1] == "Ends: Acme, Hosting, 2026-05-16"
    assert len(await told(chain.anna)) == 3


async def test_what_was_missed_is_done_in_order_and_says_how_late(
    chain: Chain, boss: Person
) -> None:
    chain.on("2026-04-01")
    await alone(chain, boss)
    for day in ("2026-04-18", "2026-04-16", "2026-04-17"):
        await opened(chain, day, title=day)
    line = await run(chain, boss, "2026-04-12")
    assert (line["fired"], line["late_days_max"]) == (3, 3)
    assert [text.split(", ")[1] for text in await told(chain.anna)] == [
        "2026-04-16", "2026-04-17", "2026-04-18",
    ]  # fmt: skip
    ledger = (await boss.get("/reminder-rules/runs", limit=1)).json()["items"]
    assert ledger == [line]
    assert (await boss.get("/renewals/sweeps")).json()["items"] == []


async def test_a_late_entrant_gets_one_task_not_four(chain: Chain, boss: Person) -> None:
    chain.on("2026-04-13")
    action = {"type": "task", "text": "{client} by {due}"}
    await alone(chain, boss, key="first", offset="-P1M", family="contact", actions=[action])
    for key, offset in (("second", "-P2W"), ("third", "-P7D"), ("last", "-P1D")):
        await made(boss, key=key, offset=offset, family="contact", actions=[action])
    term = await opened(chain, "2026-04-16")
    line = await run(chain, boss, "2026-04-13")
    assert (line["checked"], line["fired"]) == (1, 1)
    assert await tasks(chain.anna) == [("third", "Acme by 2026-04-13", "2026-04-13")]
    query = select(reminder_firing.c.key, reminder_firing.c.acted)
    rows = await chain.office.do(lambda tx: tx.rows(query.order_by(reminder_firing.c.due_on)))
    assert [tuple(row.values()) for row in rows] == [
        ("first", False), ("second", False), ("third", True),
    ]  # fmt: skip
    # The next of the family raises the open task; closing the card closes it.
    await run(chain, boss, "2026-04-15")
    assert await tasks(chain.anna) == [("last", "Acme by 2026-04-15", "2026-04-15")]
    await chain.lost(await chain.read(term))
    assert await tasks(chain.anna) == []


async def test_a_task_goes_where_its_while_does_not_hold_any_more(
    chain: Chain, boss: Person
) -> None:
    chain.on("2026-04-01")
    await alone(
        chain, boss, key="invoice", family="invoice", actions=[{"type": "task", "text": "Invoice"}],
        **{"while": ["invoice_required"]},
    )  # fmt: skip
    one, other = [await opened(chain, "2026-04-16", amount="1") for _ in range(2)]
    await chain.moved(await chain.read(other), "invoice_sent")
    assert (await run(chain, boss, "2026-04-09"))["fired"] == 1
    assert [one[0] for one in await tasks(chain.anna)] == ["invoice"]
    await chain.moved(await chain.read(one), "invoice_sent")
    assert await tasks(chain.anna) == []


async def test_stock_that_runs_out_brings_the_waiting_renewal(chain: Chain, boss: Person) -> None:
    chain.on("2026-04-01")
    goods = {"name": "Paper", "replenishment": "consumption", "lead_time": "P0D"}
    product = (await boss.post("/products", goods)).json()["id"]
    term = await chain.renewal(renewal_date="2026-05-29", product_id=product, title="Paper, A4")
    plain = await chain.renewal(renewal_date="2026-05-29", lead_time="P0D")
    assert (await run(chain, boss, "2026-05-15"))["fired"] == 1
    assert (await chain.read(term))["state"] == "open"
    assert (await chain.read(plain))["state"] == "waiting"
    (step,) = [one for one in await tasks(chain.anna) if one[0] == "c_runout"]
    assert step == ("c_runout", "Offer a refill: Acme, Paper lasts until 2026-05-29", "2026-05-22")


async def test_a_client_who_left_gets_a_deal_unless_somebody_was_faster(
    chain: Chain, boss: Person
) -> None:
    """It wins back the renewal with which he left: of these cards one is open at a time."""
    chain.on("2026-04-01")
    (rule,) = (await boss.get("/reminder-rules", key="w_back")).json()["items"]
    path = f"/reminder-rules/{rule['id']}"
    refused = await boss.patch(path, {"active": True}, 1)
    assert refused.status_code == 422
    assert (await boss.post("/pipelines", {"template": "winback"})).status_code == 201
    assert (await boss.patch(path, {"active": True}, 1)).status_code == 200
    lost = await chain.lost(await opened(chain, "2026-04-10"))
    other = await chain.office.client(chain.anna, "Other")
    also = await chain.lost(await opened(chain, "2026-04-10", client_id=other))
    by_hand = await chain.anna.post("/deals", {"title": "Back", "win_back_of": also["id"]})
    assert (await run(chain, boss, "2026-07-08"))["fired"] == 0
    for fired in (2, 0):
        line = await run(chain, boss, "2026-07-09")
        assert (line["fired"], line["failed"]) == (fired, 0)
    items = (await chain.anna.get("/deals")).json()["items"]
    assert {(one["title"], one["client_id"], one["win_back_of"]) for one in items} == {
        ("Ask how Acme is doing", chain.client_id, lost["id"]), ("Back", other, also["id"]),
    }  # fmt: skip
    (made,) = [one for one in items if one["id"] != by_hand.json()["id"]]
    late = await chain.anna.post("/deals", {"title": "Back", "win_back_of": lost["id"]})
    said = f"{made['number']} is open already to win this client back"
    assert (await chain.refused(late, 409, "conflict"))["detail"] == said


async def test_one_bad_record_stops_no_other_and_is_parked(
    chain: Chain, boss: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain.on("2026-04-01")
    await alone(chain, boss)
    bad = await opened(chain, "2026-04-16", title="Bad")
    for number in range(3):
        await opened(chain, "2026-04-16", title=f"Good {number}")
    give = notifications.give

    async def spoilt(*args: Any) -> int:
        made = await give(*args)
        if args[-1]["card_id"] == bad["id"]:
            raise ValueError("something of its own")
        return made

    monkeypatch.setattr(notifications, "give", spoilt)
    for tries in range(1, 6):
        line = await run(chain, boss, "2026-04-09")
        assert (line["fired"], line["failed"]) == (3 if tries == 1 else 0, 1)
        later = reminder_failure.update().values(retry_at=chain.office.now)
        (row,) = await chain.office.do(lambda tx: tx.rows(select(reminder_failure)))
        assert (row["failures"], row["parked_at"] is not None) == (tries, tries == 5)
        await chain.office.do(lambda tx, later=later: tx.run(later))
    assert len(await told(chain.anna)) == 3
    monkeypatch.undo()
    line = await run(chain, boss, "2026-04-12")
    assert (line["fired"], line["failed"], line["late_days_max"]) == (1, 0, 3)
    assert await chain.office.do(lambda tx: tx.rows(select(reminder_failure))) == []


async def test_a_loyal_client_is_spoken_to_once_a_month(chain: Chain, boss: Person) -> None:
    """From the last contact on; an open card is contact enough, a meeting without an offer asks."""
    chain.on("2026-04-01")
    loyal = client.update().where(client.c.id == chain.client_id).values(segment="loyal")
    await chain.office.do(lambda tx: tx.run(loyal))
    about = {"client_id": chain.client_id}
    call = {"kind": "meeting", "at": "2026-03-31T09:00:00Z", **about}
    assert (await chain.anna.post("/activities", call)).status_code == 201
    await run(chain, boss, "2026-04-01")
    assert await tasks(chain.anna) == [("l_meeting", "Follow up the meeting: Acme", "2026-04-01")]
    assert (await run(chain, boss, "2026-04-29"))["fired"] == 0
    deal = (await chain.anna.post("/deals", {"title": "Seats", **about})).json()
    assert (await run(chain, boss, "2026-04-30"))["fired"] == 0
    await chain.anna.delete(f"/deals/{deal['id']}", 1)
    for _ in range(2):
        await run(chain, boss, "2026-05-02")  # a Saturday
    (step,) = await tasks(chain.anna)
    assert step == ("k_loyal", "Keep in touch: Acme, last contact 2026-03-31", "2026-05-04")


async def test_an_enquiry_is_touched_within_the_hour_or_somebody_is_told(
    chain: Chain, boss: Person
) -> None:
    """By working time, watched all day: the owner first, after four hours his head."""
    office = chain.office
    office.now = datetime(2026, 4, 3, 14, 30, tzinfo=UTC)  # a Friday, half past five there
    cards = [(await chain.anna.post("/leads", {"title": name})).json() for name in ("Ivan", "Olga")]
    office.later(minutes=5)
    await moved(chain.anna, cards[1], "contacted", fields={"phone": "1"})
    heard = []
    for at in ("2026-04-03T23:00", "2026-04-06T06:29", "2026-04-06T06:30", "2026-04-06T09:30"):
        office.now = datetime.fromisoformat(f"{at}+00:00")
        done = [await watch(office.database, lambda: office.now) for _ in range(2)]
        heard.append((done, await told(chain.anna), await told(boss)))
    said = ["A new enquiry is waiting: Ivan"]
    nothing, once = [False, False], [True, False]
    assert heard == [
        (nothing, [], []), (nothing, [], []), (once, said, []), (once, said, said),
    ]  # fmt: skip
    assert len((await boss.get("/reminder-rules/runs")).json()["items"]) == 2
