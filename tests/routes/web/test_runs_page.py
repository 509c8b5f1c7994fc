"""What the nightly jobs did, day by day, and the renewals that they could not bring into work."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from backend.db.models import renewal, renewal_activation, sweep_run
from backend.db.session import Unit
from backend.domain.ledger import queries as ledger
from jobs.renewals import sweep_at_start
from tests.factories.cards import new_renewal
from tests.office import NOON, Office
from tests.routes.web.sellers import sitting
from tests.routes.web.sheets import tables
from tests.routes.web.test_card_page import text_of

pytestmark = pytest.mark.anyio
PAGE = "/renewals/runs"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def ran(days: int, hours: int, checked: int, failed: int, late: int, ended: bool) -> Any:
    """A run of so many days and hours ago."""
    at = NOON - days * DAY - hours * HOUR
    return {
        "started_at": at, "finished_at": at + HOUR if ended else None, "today": at.date(),
        "trigger": "cron", "job": "renewals", "checked": checked, "activated": checked - failed,
        "failed": failed, "late_days_max": late,
    }  # fmt: skip


RUNS = [ran(2, 0, 812, 0, 0, True), ran(0, 3, 3, 1, 2, True), ran(0, 1, 2, 0, 1, False)]


async def test_nights_are_told_and_what_is_parked_is_tried_again(office: Office) -> None:
    """Two runs of a night are one line; a renewal of somebody else's is in nobody's list."""
    admin, anna = await sitting(office, "vera", "admin"), await sitting(office, "anna")
    acme = await office.client(anna.person)
    stuck = await new_renewal(anna.person, client_id=acme, title="Stuck")
    await office.do(lambda tx: tx.run(insert(sweep_run), RUNS))
    parked = {"parked_at": NOON, "failures": 5, "last_error": "<b>No stage</b>"}
    query = update(renewal).where(renewal.c.card_id == stuck["id"]).values(**parked)
    await office.do(lambda tx: tx.run(query))
    page = await admin.look(PAGE)
    waits, nights = tables(page)
    assert waits[1][0].endswith("· Acme")
    assert waits[1][2:4] == ["<b>No stage</b>", "5"]
    assert nights[1:] == [
        ["10 Mar 2026", "2", "5", "4", "1", "2 days", "10 Mar, 10:00 1 interrupted"],
        ["8 Mar 2026", "1", "812", "812", "0", "in time", "8 Mar, 13:00"],
    ]  # fmt: skip
    (night,) = tables(await admin.look(f"{PAGE}?before=2026-03-10"))[1][1:]
    assert night[0] == "8 Mar 2026"
    assert "has not run successfully" not in page
    boris = await sitting(office, "boris")
    assert "could not come into work" not in await boris.look(PAGE)
    before = await office.counts()
    again = f"{PAGE}/parked/{stuck['id']}"
    assert (await boris.send(again)).status_code == 404
    assert await office.counts() == before
    sent = await anna.send(again)
    assert sent.headers["hx-redirect"] == PAGE
    assert "could not come into work" not in await admin.look(PAGE)
    now = (await anna.person.get(f"/renewals/{stuck['id']}")).json()
    assert (now["state"], now["parked_at"], now["last_error"]) == ("open", None, None)
    office.later(days=2)
    admin = await sitting(office, "olga", "admin")
    assert "has not run successfully for 50 hours" in text_of(await admin.look(PAGE))


async def test_three_days_without_a_worker_are_told_and_made_up_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The front page says so; after the start each has come once, and the ledger says how late."""

    async def database_now(_: Unit) -> datetime:
        return office.now

    monkeypatch.setattr(ledger, "database_now", database_now)
    anna, worker = await office.person("anna"), {"resources": office.resources}
    acme = await office.client(anna)
    due = [
        (await new_renewal(anna, client_id=acme, renewal_date=f"2026-03-{day}", lead_time="P0D"))[
            "id"
        ]
        for day in (13, 11, 12, 10, 14)
    ]
    await sweep_at_start(worker)
    office.later(days=3)
    admin = await sitting(office, "vera", "admin")
    assert "has not run successfully for 72 hours" in text_of(await admin.look("/today"))
    for _ in range(2):
        await sweep_at_start(worker)
    assert "has not run successfully" not in await admin.look("/today")
    came = select(renewal_activation.c.renewal_id).order_by(renewal_activation.c.id)
    rows = await office.do(lambda tx: tx.rows(came))
    assert [row["renewal_id"] for row in rows] == [due[3], due[1], due[2], due[0]]
    nights = tables(await admin.look(PAGE))[-1]
    assert [night[:6] for night in nights[1:]] == [
        ["13 Mar 2026", "2", "3", "3", "0", "2 days"],
        ["10 Mar 2026", "1", "1", "1", "0", "in time"],
    ]
