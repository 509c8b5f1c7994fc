"""Renewals over REST: made with little, waiting unseen by nobody, in work on their day."""

from typing import Any

import msgspec
import pytest

from tests.factories.cards import RenewalFactory
from tests.office import Office
from tests.routes.api.chain import LOST, WON, Chain, set_up

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


async def test_client_amount_and_date_are_enough(chain: Chain) -> None:
    body = {"client_id": chain.client_id, "amount": "1500", "renewal_date": "2026-05-09"}
    made = await chain.anna.post("/renewals", body)
    assert made.status_code == 201, made.text
    renewal = made.json()
    assert made.headers["location"] == f"/api/v1/renewals/{renewal['id']}"
    assert renewal["number"] == f"R-{renewal['id']}"
    shown = {
        "title": "Acme", "state": "waiting", "stage_key": "scheduled", "stage_kind": "holding",
        "amount": "1500.00", "currency": "RUB", "cycle": 1, "period": None, "slips": 0,
        "renewal_date": "2026-05-09", "original_renewal_date": "2026-05-09",
        "activates_on": "2026-04-09", "activated_at": None, "entered_at": None, "days_left": 60,
        "lead_time": "P1M", "lead_time_source": "pipeline", "previous_id": None, "next_id": None,
        "owner_id": chain.anna.id, "client_name": "Acme", "version": 1,
    }  # fmt: skip
    assert {name: renewal[name] for name in shown} == shown
    assert await chain.anchor(renewal) == ("2026-05-09", 1, None)
    assert (await chain.agreement(renewal))["status"] == "running"
    assert (await chain.anna.get("/renewals")).json()["items"] == [renewal]
    assert await chain.events(renewal) == ["created"]


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "no client": ({"client_id": msgspec.UNSET}, 400, "/client_id"),
    "no date": ({"renewal_date": msgspec.UNSET}, 400, "/renewal_date"),
    "no amount": ({"amount": msgspec.UNSET}, 400, "/amount"),
    "a period of nothing": ({"period": "P0M"}, 400, "/period"),
    "two units": ({"period": "P1Y6M"}, 400, "/period"),
    "hours": ({"lead_time": "PT12H"}, 400, "/lead_time"),
    "a kopek and a half": ({"amount": "1.005"}, 400, "/amount"),
    "a debt": ({"amount": "-1"}, 400, "/amount"),
    "no such client": ({"client_id": 10**9}, 404, "/client_id"),
    "no such product": ({"product_id": 10**9}, 404, "/product_id"),
    "no such agreement": (
        {"agreement_id": 10**9, "client_id": msgspec.UNSET},
        404,
        "/agreement_id",
    ),
    "a client of its agreement": ({"agreement_id": 1}, 400, "/client_id"),
    "no such pipeline": ({"pipeline": "sales"}, 404, "/pipeline"),
}


async def test_what_is_refused_leaves_no_trace(chain: Chain, subtests: pytest.Subtests) -> None:
    before = await chain.office.counts()
    for name, (fields, status, pointer) in WRONG.items():
        with subtests.test(msg=name):
            body = RenewalFactory.body(**{"client_id": chain.client_id, **fields})
            reply = await chain.anna.post("/renewals", body)
            assert reply.status_code == status, reply.text
            assert reply.json()["errors"][0]["pointer"] == pointer
    assert await chain.office.counts() == before


async def test_somebody_elses_client_does_not_exist(chain: Chain) -> None:
    boris = await chain.office.person("boris")
    reply = await boris.post("/renewals", RenewalFactory.body(client_id=chain.client_id))
    assert reply.status_code == 404


@pytest.mark.parametrize(
    ("lead", "activates"),
    [("P0D", "2026-05-31"), ("P1M", "2026-04-30"), ("P45D", "2026-04-16"), ("P2W", "2026-05-17")],
)
async def test_the_lead_time_of_a_new_renewal_is_its_agreements(
    chain: Chain, lead: str, activates: str
) -> None:
    made = await chain.renewal(renewal_date="2026-05-31", lead_time=lead, period="P1M")
    assert (made["lead_time"], made["lead_time_source"]) == (lead, "agreement")
    assert made["activates_on"] == activates
    after = await chain.won(made)
    assert (after["lead_time"], after["lead_time_source"]) == (lead, "agreement")


async def test_a_renewals_own_lead_time_counts_first_and_for_it_alone(chain: Chain) -> None:
    made = await chain.renewal(lead_time="P2W", period="P1Y")
    path = f"/renewals/{made['id']}"
    own = (await chain.anna.patch(path, {"lead_time": "P10D"}, version=1)).json()
    assert (own["lead_time_source"], own["activates_on"]) == ("renewal", "2026-04-29")
    none = (await chain.anna.patch(path, {"lead_time": None}, version=2)).json()
    assert (none["lead_time_source"], none["activates_on"]) == ("agreement", "2026-04-25")
    own = (await chain.anna.patch(path, {"lead_time": "P10D"}, version=3)).json()
    assert (await chain.won(own))["lead_time"] == "P2W"


async def test_it_comes_into_work_on_its_day_and_not_before(chain: Chain) -> None:
    made = await chain.renewal()
    run = await chain.sweep("2026-04-08")
    assert (run.checked, run.activated, run.failed) == (0, 0, 0)
    assert await chain.read(made) == made
    chain.on("2026-04-09")
    run = await chain.sweep("2026-04-09")
    assert (run.checked, run.activated, run.failed, run.late_days_max) == (1, 1, 0, 0)
    active = await chain.read(made)
    assert (active["state"], active["stage_key"]) == ("open", "invoice_required")
    assert active["activated_at"] == active["entered_at"] == "2026-04-09T09:00:00Z"
    assert active["version"] == 2
    lines = (await chain.anna.get(f"/renewals/{made['id']}/history")).json()["items"]
    assert [line["event"] for line in lines] == ["created", "activated"]
    assert lines[1]["actor"] == {"kind": "worker", "id": None, "name": "worker"}
    again = await chain.sweep("2026-04-09")
    assert (again.checked, again.activated) == (0, 0)
    assert await chain.read(made) == active
    assert await chain.activations(made) == [1]


async def test_missed_days_are_caught_up(chain: Chain) -> None:
    made = [await chain.renewal(renewal_date=day) for day in ("2026-05-09", "2026-05-16")]
    run = await chain.sweep("2026-04-20")
    assert (run.checked, run.activated, run.late_days_max) == (2, 2, 11)
    assert {(await chain.read(one))["state"] for one in made} == {"open"}


async def test_nothing_is_moved_into_the_store(chain: Chain) -> None:
    made = await chain.done(await chain.renewal(), "activate")
    problem = await chain.refused(await chain.move(made, "scheduled"), 409, "move_refused")
    assert "rescheduling" in problem["detail"]
    assert [one["key"] for one in problem["allowed_stages"]] == ["invoice_sent", WON, LOST]


async def test_a_waiting_one_may_be_won_or_lost_at_once(chain: Chain) -> None:
    """Recorded as activated, then closed; it enters the funnel at that instant."""
    won = await chain.moved(await chain.renewal(period="P1Y"), WON)
    assert await chain.events(won) == ["created", "activated", "won"]
    lost = await chain.lost(await chain.renewal())
    assert await chain.events(lost) == ["created", "activated", "lost"]
    first = (await chain.done(await chain.renewal(), "activate"))["stage_id"]
    assert (won["lost_from_stage_id"], lost["lost_from_stage_id"]) == (None, first)
    for card in (won, lost):
        assert card["activated_at"] == card["entered_at"] == "2026-03-10T09:00:00Z"
        assert await chain.activations(card) == [1]
    report = (await chain.anna.get("/reports/funnel", pipeline="renewals")).json()
    assert (report["entered"], report["won"], report["lost"], report["open"]) == (3, 1, 1, 1)
    first_row = report["stages"][0]
    assert (first_row["key"], first_row["reached"], first_row["skipped"]) == (
        "invoice_required", 3, 0,
    )  # fmt: skip


async def test_a_waiting_one_moved_to_an_open_stage_is_activated(chain: Chain) -> None:
    moved = await chain.moved(await chain.renewal(), "invoice_sent")
    assert (moved["state"], moved["stage_key"]) == ("open", "invoice_sent")
    assert await chain.events(moved) == ["created", "activated"]
    assert await chain.activations(moved) == [1]


async def test_an_activation_by_hand_can_be_undone_and_done_again(chain: Chain) -> None:
    made = await chain.renewal()
    active = await chain.done(made, "activate")
    assert active["activated_at"] == "2026-03-10T09:00:00Z"
    await chain.refused(await chain.post(active, "activate"), 409, "conflict")
    back = await chain.done(active, "undo")
    assert (back["state"], back["activated_at"], back["entered_at"]) == ("waiting", None, None)
    run = await chain.sweep("2026-04-09")
    assert run.activated == 1
    assert await chain.activations(made) == [1, 2]
    assert await chain.events(made) == ["created", "activated", "voided", "activated"]


async def test_the_workers_activation_can_only_be_rescheduled(chain: Chain) -> None:
    made = await chain.renewal()
    await chain.sweep("2026-04-09")
    active = await chain.read(made)
    await chain.refused(await chain.post(active, "undo"), 409, "conflict")
    assert await chain.read(made) == active


async def test_what_cannot_be_edited_or_deleted(chain: Chain) -> None:
    made = await chain.renewal()
    path = f"/renewals/{made['id']}"
    other = await chain.office.client(chain.anna, "Other")
    for fields, status in (
        ({"renewal_date": "2026-06-01"}, 409),
        ({"client_id": other}, 409),
        ({"owner_id": 1}, 400),
        ({"activates_on": "2026-01-01"}, 400),
        ({"cycle": 2}, 400),
    ):
        reply = await chain.anna.patch(path, fields, version=1)
        assert reply.status_code == status, fields
    problem = (await chain.anna.patch(path, {"renewal_date": "2026-06-01"}, version=1)).json()
    assert "reschedul" in problem["detail"]
    assert (await chain.anna.delete(path, version=1)).status_code == 409
    active = await chain.done(made, "activate")
    assert (await chain.anna.delete(path, version=active["version"])).status_code == 409
    lost = await chain.lost(active)
    assert (await chain.anna.delete(path, version=lost["version"])).status_code == 204
    assert (await chain.anna.get(path)).status_code == 404


async def test_filters_by_dates_and_state(chain: Chain) -> None:
    late = await chain.renewal(renewal_date="2026-03-09")
    today = await chain.renewal(renewal_date="2026-03-10")
    ahead = await chain.renewal(renewal_date="2026-06-30")
    lost = await chain.lost(await chain.renewal(renewal_date="2026-01-01"))
    await chain.sweep("2026-03-10")

    async def ids(**filters: Any) -> list[int]:
        found = (await chain.anna.get("/renewals", sort="renewal_date", **filters)).json()
        return [row["id"] for row in found["items"]]

    assert await ids() == [lost["id"], late["id"], today["id"], ahead["id"]]
    assert await ids(state="waiting") == [ahead["id"]]
    assert await ids(state="open") == [late["id"], today["id"]]
    assert await ids(overdue="true") == [late["id"]]
    assert await ids(overdue="false") == [lost["id"], today["id"], ahead["id"]]
    assert await ids(due_from="2026-03-10", due_to="2026-06-30") == [today["id"], ahead["id"]]
    assert await ids(activates_from="2026-02-10", activates_to="2026-05-29") == [today["id"]]
    assert await ids(activates_from="2026-05-30") == [ahead["id"]]
    assert [(await chain.read(one))["days_left"] for one in (late, today, ahead, lost)] == [
        -1, 0, 112, None,
    ]  # fmt: skip
