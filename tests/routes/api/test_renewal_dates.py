"""Rescheduling: slips, wrong dates, aligned anchors, and the way back into the store."""

import pytest

from tests.office import Office
from tests.routes.api.chain import Chain, set_up

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


async def test_a_reschedule_moves_this_term_and_counts_a_slip(chain: Chain) -> None:
    term = await chain.renewal(renewal_date="2026-05-09", period="P1Y")
    moved = await chain.moved_to(term, "2026-06-15")
    shown = {
        "renewal_date": "2026-06-15", "original_renewal_date": "2026-05-09", "slips": 1,
        "activates_on": "2026-05-15", "state": "waiting", "version": 2,
    }  # fmt: skip
    assert {name: moved[name] for name in shown} == shown
    assert await chain.anchor(term) == ("2026-05-09", 1, "P1Y")
    assert (await chain.sweep("2026-05-14")).activated == 0
    twice = await chain.moved_to(moved, "2026-05-20", "budget_period")
    assert (twice["slips"], twice["original_renewal_date"]) == (2, "2026-05-09")
    # The next term is counted from the anchor all the same.
    assert (await chain.won(twice))["renewal_date"] == "2027-05-09"


async def test_its_history_tells_the_reason(chain: Chain) -> None:
    term = await chain.renewal()
    body = {"renewal_date": "2026-06-15", "reason": "client_asked", "comment": "After the holidays"}
    await chain.done(term, "reschedule", body)
    line = (await chain.anna.get(f"/renewals/{term['id']}/history")).json()["items"][-1]
    reason = await chain.office.reason("client_asked", "renewals", "reschedule")
    assert (line["event"], line["reason_id"], line["comment"]) == (
        "edited", reason, "After the holidays",
    )  # fmt: skip
    assert {"field": "renewal_date", "before": "2026-05-09", "after": "2026-06-15"} in line[
        "changes"
    ]


async def test_a_wrong_date_is_no_slip(chain: Chain) -> None:
    moved = await chain.moved_to(await chain.renewal(), "2026-06-15", "wrong_date")
    assert (moved["slips"], moved["original_renewal_date"]) == (0, "2026-05-09")


async def test_the_same_date_is_no_slip(chain: Chain) -> None:
    assert (await chain.moved_to(await chain.renewal(), "2026-05-09"))["slips"] == 0


async def test_aligned_dates_become_the_anchor(chain: Chain) -> None:
    term = await chain.renewal(renewal_date="2026-03-31", period="P1M")
    second = await chain.won(term)
    assert second["renewal_date"] == "2026-04-30"
    moved = await chain.moved_to(second, "2026-05-15", "align_dates")
    assert await chain.anchor(term) == ("2026-05-15", 2, "P1M")
    assert moved["slips"] == 1
    assert (await chain.won(moved))["renewal_date"] == "2026-06-15"


async def test_one_in_work_goes_back_to_wait_and_comes_again(chain: Chain) -> None:
    term = await chain.renewal()
    await chain.sweep("2026-04-09")
    chain.on("2026-04-09")
    active = await chain.read(term)
    chain.on("2026-04-10")
    held = await chain.moved_to(active, "2026-08-01")
    shown = {
        "state": "waiting", "stage_key": "scheduled", "activates_on": "2026-07-01", "slips": 1,
        "activated_at": None, "entered_at": None, "version": 3,
    }  # fmt: skip
    assert {name: held[name] for name in shown} == shown
    assert (await chain.sweep("2026-06-30")).activated == 0
    assert await chain.read(term) == held
    chain.on("2026-07-01")
    for activated in (1, 0):
        assert (await chain.sweep("2026-07-01")).activated == activated
    again = await chain.read(term)
    assert (again["state"], again["activated_at"]) == ("open", "2026-07-01T09:00:00Z")
    assert again["entered_at"] == active["entered_at"]  # it entered the funnel once
    assert await chain.activations(term) == [1, 2]
    assert await chain.events(term) == ["created", "activated", "held", "activated"]
    report = (await chain.anna.get("/reports/funnel", pipeline="renewals")).json()
    assert (report["entered"], report["open"], report["moved_out"]) == (1, 1, 0)
    chain.on("2026-07-03")
    await chain.won(again, next_renewal_date="2027-08-01")
    chain.later(hours=1)
    cycle = (await chain.anna.get("/reports/cycle-time", pipeline="renewals")).json()
    assert (cycle["cards"], cycle["median_days"]) == (1, 33.0)  # without 82 in the store


async def test_one_in_work_that_is_still_due_stays_in_work(chain: Chain) -> None:
    active = await chain.done(await chain.renewal(renewal_date="2026-03-20"), "activate")
    moved = await chain.moved_to(active, "2026-04-10")
    assert (moved["state"], moved["stage_key"]) == ("open", "invoice_required")
    assert (moved["renewal_date"], moved["slips"]) == ("2026-04-10", 1)
    held = await chain.moved_to(moved, "2026-04-11")
    assert held["state"] == "waiting"


async def test_putting_back_cannot_be_undone_as_a_move(chain: Chain) -> None:
    active = await chain.done(await chain.renewal(), "activate")
    held = await chain.moved_to(active, "2026-08-01")
    await chain.refused(await chain.post(held, "undo"), 409, "conflict")
    assert await chain.read(held) == held


async def test_a_reason_is_needed_and_must_be_one_of_them(chain: Chain) -> None:
    term = await chain.renewal()
    missing = await chain.post(term, "reschedule", {"renewal_date": "2026-06-01"})
    await chain.refused(missing, 400, "bad_request")
    lost = await chain.office.reason("stopped_using", "renewals")
    for reason in ("nonsense", lost):
        body = {"renewal_date": "2026-06-01", "reason": reason}
        reply = await chain.post(term, "reschedule", body)
        problem = await chain.refused(reply, 422, "reason_needed")
        assert [one["key"] for one in problem["reasons"]] == [
            "client_asked", "budget_period", "align_dates", "term_extended", "wrong_date",
            "consumption_changed",
        ]  # fmt: skip
    assert await chain.read(term) == term
    number = await chain.office.reason("client_asked", "renewals", "reschedule")
    body = {"renewal_date": "2026-06-01", "reason": number}
    assert (await chain.done(term, "reschedule", body))["slips"] == 1


async def test_a_term_ends_after_the_one_before(chain: Chain) -> None:
    second = await chain.won(await chain.renewal(renewal_date="2026-03-31", period="P1M"))
    for day, status in (("2026-03-30", 422), ("2026-03-31", 422), ("2026-04-01", 200)):
        body = {"renewal_date": day, "reason": "client_asked"}
        assert (await chain.post(second, "reschedule", body)).status_code == status


async def test_a_term_moved_past_the_next_one_asks_from_where_it_counts(chain: Chain) -> None:
    term = await chain.renewal(renewal_date="2026-03-31", period="P1M")
    moved = await chain.moved_to(term, "2026-05-10")
    problem = await chain.refused(
        await chain.move(moved, "payment_received"), 422, "next_date_needed"
    )
    assert problem["proposals"] == {"from_end": "2026-06-10", "from_payment": "2026-04-10"}
    after = await chain.won(moved, next_renewal_date="2026-06-10")
    assert await chain.anchor(after) == ("2026-06-10", 2, "P1M")


async def test_a_closed_one_keeps_its_date(chain: Chain) -> None:
    lost = await chain.lost(await chain.renewal())
    body = {"renewal_date": "2026-06-01", "reason": "client_asked"}
    await chain.refused(await chain.post(lost, "reschedule", body), 409, "conflict")
    assert await chain.read(lost) == lost


async def test_the_version_and_the_rights_are_asked(chain: Chain) -> None:
    term = await chain.renewal()
    path = f"/renewals/{term['id']}/reschedule"
    body = {"renewal_date": "2026-06-01", "reason": "client_asked"}
    boris = await chain.office.person("boris")
    assert (await chain.anna.post(path, body)).status_code == 428
    assert (await chain.anna.post(path, body, version=2)).status_code == 412
    assert (await boris.post(path, body, version=1)).status_code == 404
    viewer = await chain.office.person("viewer", "viewer")
    assert (await viewer.post(path, body, version=1)).status_code == 403
    assert await chain.read(term) == term
