"""The sweep: which day it is, its ledger, and one bad renewal that stops no other."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from backend.db.models import agreement, renewal, renewal_activation
from backend.domain.flows.runs import business_day, demand_not_later
from backend.domain.flows.sweep import sweep
from backend.domain.renewals.schemas import SweepRun
from backend.domain.sheets import queries as sheets
from backend.effects import RecordChanged
from backend.errors import BadRequest
from tests.office import Office
from tests.routes.api.chain import Chain, Record, set_up

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


@pytest.mark.parametrize(
    ("instant", "zone", "hour", "day"),
    [
        ("2026-04-09T03:00:00+00:00", "Europe/Moscow", 6, "2026-04-09"),
        ("2026-04-09T02:59:59+00:00", "Europe/Moscow", 6, "2026-04-08"),
        ("2026-04-08T21:00:00+00:00", "Europe/Moscow", 0, "2026-04-09"),
        ("2026-04-08T20:59:59+00:00", "Europe/Moscow", 0, "2026-04-08"),
        ("2026-04-09T10:00:00+00:00", "America/New_York", 6, "2026-04-09"),
        ("2026-04-09T09:59:59+00:00", "America/New_York", 6, "2026-04-08"),
        ("2026-04-08T16:00:00+00:00", "Asia/Kamchatka", 6, "2026-04-08"),
        ("2026-04-08T18:00:00+00:00", "Asia/Kamchatka", 6, "2026-04-09"),
        # The night in which an hour is lost: six o'clock comes after five real hours.
        ("2026-03-29T04:00:00+00:00", "Europe/Berlin", 6, "2026-03-29"),
        ("2026-03-29T03:59:59+00:00", "Europe/Berlin", 6, "2026-03-28"),
    ],
)
async def test_the_day_that_is_due(
    office: Office, instant: str, zone: str, hour: int, day: str
) -> None:
    await office.set_company(time_zone=zone, sweep_hour=hour)
    company = (await office.system()).company
    assert str(business_day(datetime.fromisoformat(instant), company)) == day


async def test_a_later_day_is_for_the_command_line_alone(office: Office) -> None:
    company = (await office.system()).company
    evening = datetime(2026, 4, 8, 21, 0, tzinfo=UTC)  # midnight in Moscow
    demand_not_later(None, evening, company)
    demand_not_later(date(2026, 4, 9), evening, company)
    with pytest.raises(BadRequest):
        demand_not_later(date(2026, 4, 10), evening, company)


async def test_without_a_day_the_databases_clock_decides(chain: Chain) -> None:
    """The machine's own years are long past the date of this renewal."""
    term = await chain.renewal(renewal_date="2020-01-31")
    far = await chain.renewal(renewal_date="9999-01-31")
    run = await sweep(chain.office.database, lambda: chain.office.now, "cron")
    assert (run.activated, run.today.year >= 2025) == (1, True)
    assert run.started_at == run.finished_at == chain.office.now
    assert [(await chain.read(one))["state"] for one in (term, far)] == ["open", "waiting"]


async def test_what_came_into_work_today_has_not_lain_there(chain: Chain) -> None:
    """However long it waited; five working days later it has, to the board, lists and the card."""
    term = await chain.renewal(renewal_date="2027-03-31")

    async def stale() -> tuple[bool, int]:
        listed = (await chain.anna.get("/renewals", stale=True)).json()["items"]
        return (await chain.read(term))["is_stale"], len(listed)

    chain.on("2027-03-01")  # a Monday
    assert (await chain.sweep("2027-03-01")).activated == 1
    assert await stale() == (False, 0)
    chain.on("2027-03-09")  # the day before was a holiday
    assert await stale() == (False, 0)
    chain.on("2027-03-10")
    assert await stale() == (True, 1)
    viewer = await chain.office.viewer(chain.anna)
    sheet = await chain.office.do(lambda tx: sheets.sheet(tx, viewer, "renewal", term["id"]))
    assert sheet.quiet_days == 9


async def test_a_missed_day_is_told_in_the_ledger(chain: Chain) -> None:
    triggers = []
    for day in ("2026-04-01", "2026-04-02", "2026-04-02", "2026-04-04"):
        triggers.append((await chain.sweep(day, "cron")).trigger)
    assert triggers == ["cron", "cron", "cron", "catch_up"]
    assert (await chain.sweep("2026-04-09", "manual")).trigger == "manual"


async def test_oldest_first_over_many_batches(chain: Chain) -> None:
    days = [f"2026-05-{day:02}" for day in range(1, 31)]
    for day in reversed(days):
        await chain.renewal(renewal_date=day)
    run = await chain.sweep("2026-04-28")
    assert (run.checked, run.activated, run.late_days_max) == (28, 28, 27)
    query = (
        select(renewal.c.renewal_date)
        .join(renewal_activation, renewal_activation.c.renewal_id == renewal.c.card_id)
        .order_by(renewal_activation.c.id)
    )
    rows = await chain.office.do(lambda tx: tx.rows(query))
    assert [str(row["renewal_date"]) for row in rows] == days[:28]


async def row_of(chain: Chain, term: Record) -> Any:
    query = select(renewal).where(renewal.c.card_id == term["id"])
    return await chain.office.do(lambda tx: tx.first(query))


async def poison(chain: Chain, term: Record, how: str) -> None:
    """Data that no rule of the product would have written."""
    if how == "a rule refuses":
        where = agreement.c.id == term["agreement_id"]
        await chain.office.do(lambda tx: tx.run(update(agreement).where(where).values(period="X")))
    else:
        ended = {"renewal_id": term["id"], "wait": 1, "activates_on": date(2026, 1, 1)}
        values = {**ended, "activated_at": chain.office.now}
        await chain.office.do(lambda tx: tx.run(insert(renewal_activation), values))


async def cure(chain: Chain, term: Record) -> None:
    where = agreement.c.id == term["agreement_id"]
    await chain.office.do(lambda tx: tx.run(update(agreement).where(where).values(period="P1Y")))


POISONS = ["a rule refuses", "the database refuses"]


@pytest.mark.parametrize("how", POISONS)
async def test_one_bad_renewal_stops_no_other(chain: Chain, how: str) -> None:
    terms = [await chain.renewal(renewal_date=f"2026-04-{day:02}") for day in range(1, 6)]
    bad = terms[1]
    await poison(chain, bad, how)
    run = await swept(chain)
    assert (run.checked, run.activated, run.failed) == (5, 4, 1)
    states = [(await chain.read(term))["state"] for term in terms]
    assert states == ["open", "waiting", "open", "open", "open"]
    assert (await chain.read(bad))["version"] == bad["version"]
    assert await chain.events(bad) == ["created"]
    row = await row_of(chain, bad)
    assert (row["failures"], row["parked_at"]) == (1, None)
    assert row["last_error"] is not None
    assert RecordChanged("renewal", bad["id"]) not in chain.office.delivered
    assert RecordChanged("renewal", terms[0]["id"]) in chain.office.delivered


async def swept(chain: Chain) -> SweepRun:
    """A sweep whose effects are delivered."""
    office = chain.office
    office.delivered.clear()

    async def deliver(effects: Any) -> None:
        office.delivered.extend(effects)

    return await sweep(office.database, lambda: office.now, "manual", date(2026, 4, 10), deliver)


async def test_a_bad_one_is_tried_less_and_less_often_and_parked_after_five_times(
    chain: Chain,
) -> None:
    bad = await chain.renewal(renewal_date="2026-04-01")
    await poison(chain, bad, "a rule refuses")
    for failures, minutes in enumerate((5, 10, 20, 40, 80), start=1):
        assert (await chain.sweep("2026-04-10")).failed == 1
        assert (await chain.sweep("2026-04-10")).checked == 0  # not again at once
        row = await row_of(chain, bad)
        assert row["failures"] == failures
        assert row["last_error"].startswith("“X” is not a period")
        assert (row["parked_at"] is not None) == (failures == 5)
        chain.later(minutes=minutes - 1, seconds=59)
        assert (await chain.sweep("2026-04-10")).checked == 0
        chain.later(seconds=1)
    chain.later(days=30)
    assert (await chain.sweep("2026-05-10")).failed == 1  # marked, and never given up
    still = await chain.read(bad)
    assert (still["state"], still["version"]) == ("waiting", bad["version"])
    assert still["parked_at"] is not None
    assert still["last_error"].startswith("“X” is not a period")
    marked = (await chain.anna.get("/renewals", parked="true")).json()["items"]
    assert [row["id"] for row in marked] == [bad["id"]]
    await cure(chain, bad)
    chain.later(days=1)
    assert (await chain.sweep("2026-05-10")).activated == 1


async def parked(chain: Chain) -> Record:
    term = await chain.renewal(renewal_date="2026-04-01")
    await poison(chain, term, "a rule refuses")
    for _ in range(5):
        await chain.sweep("2026-04-10")
        chain.later(hours=2)
    assert (await row_of(chain, term))["parked_at"] is not None
    await cure(chain, term)
    return term


async def test_a_parked_one_comes_into_work_by_hand(chain: Chain) -> None:
    active = await chain.done(await parked(chain), "activate")
    assert active["state"] == "open"
    row = await row_of(chain, active)
    assert (row["failures"], row["parked_at"], row["last_error"]) == (0, None, None)


async def test_a_parked_one_that_is_rescheduled_is_not_forgotten(chain: Chain) -> None:
    moved = await chain.moved_to(await parked(chain), "2026-06-01")
    assert moved["state"] == "waiting"
    assert (await chain.sweep("2026-05-01")).activated == 1
    assert (await chain.read(moved))["state"] == "open"
