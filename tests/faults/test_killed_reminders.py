"""Reminders that are killed, repeated and run side by side: everybody is told once."""

import asyncio
import sys
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from backend import clock
from backend.db.models import client, notification, reminder_firing, sweep_run
from backend.db.session import Unit
from backend.domain.flows.reminders import remind
from backend.domain.notifications.alerts.actions import keep
from backend.domain.notifications.alerts.rules import Alert
from tests.conftest import FreshDatabase
from tests.office import Office

pytestmark = pytest.mark.anyio

DUE = 120
RUN = """
import asyncio, sys
from backend import clock
from backend.db.engines import open_database
from backend.domain.flows.reminders import remind
asyncio.run(remind(open_database(sys.argv[1]), clock.now, "cron"))
"""


async def office(fresh: FreshDatabase) -> Office:
    """A company with clients who are all to be got in touch with."""
    office = Office(fresh.database, now=clock.now())
    anna = await office.person("anna")
    row = {
        "kind": "company", "name": "Acme", "name_key": "acme", "status": "client",
        "owner_id": anna.id, "currency": "RUB", "created_at": office.now,
        "updated_at": office.now, "next_contact_at": office.now - timedelta(days=3),
    }  # fmt: skip
    await office.do(lambda tx: tx.run(insert(client), [row] * DUE))
    return office


async def counted(office: Office) -> tuple[int, int, int]:
    """Firings, those of them that say what they made, and what was told."""

    async def work(tx: Unit) -> tuple[int, int, int]:
        rows = await tx.rows(select(reminder_firing.c.effects))
        told = await tx.scalar(select(func.count()).select_from(notification))
        return len(rows), sum(len(row["effects"]) for row in rows), told

    return await office.do(work)  # type: ignore[no-any-return]


async def test_killed_in_the_middle_and_run_again(fresh_database: FreshDatabase) -> None:
    place = await office(fresh_database)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, fresh_database.url)
    firings = select(func.count()).select_from(reminder_firing)
    while process.returncode is None:
        async with place.database.read() as conn:
            if (await conn.execute(firings)).scalar_one() > 0:
                process.kill()
                break
        await asyncio.sleep(0.002)
    assert await process.wait() == -9
    done = await counted(place)
    assert 0 < done[0] < DUE
    assert done[0] == done[1] == done[2]
    line = await remind(place.database, clock.now, "cron")
    assert (line.checked, line.fired, line.failed) == (DUE - done[0], DUE - done[0], 0)
    assert await counted(place) == (DUE, DUE, DUE)


async def test_two_at_once_and_one_more(fresh_database: FreshDatabase) -> None:
    place = await office(fresh_database)
    lines = await asyncio.gather(*(remind(place.database, clock.now, "cron") for _ in range(2)))
    assert sum(line.fired for line in lines) == DUE
    assert sum(line.failed for line in lines) == 0
    assert max(line.checked for line in lines) == DUE
    assert await counted(place) == (DUE, DUE, DUE)
    again = await remind(place.database, clock.now, "cron")
    assert (again.checked, again.fired) == (0, 0)
    await demand_one_alert_of_rivals(place)
    ends = select(func.count()).where(sweep_run.c.finished_at.is_not(None))
    assert await place.do(lambda tx: tx.scalar(ends)) == 3


async def demand_one_alert_of_rivals(place: Office) -> None:
    """Whoever has found at the same instant that a head is to be told: one of them tells him."""
    head = (await place.person("vera", "head")).id
    alert = Alert(key="streak/dear/lead/1/1", owner_id=0, text="Dear", report={"name": "reasons"})
    wanted, viewer = {(head, alert.key): alert}, await place.system()

    async def tell(tx: Unit) -> None:
        await keep(tx, viewer, wanted, lambda key: True)

    await asyncio.gather(*(place.do(tell) for _ in range(4)))
    told = select(notification.c.user_id).where(notification.c.alert == alert.key)
    assert (await place.do(lambda tx: tx.run(told))).scalars().all() == [head]
