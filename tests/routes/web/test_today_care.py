"""What the page of a day shows whoever looks after others' renewals."""

import html
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, update

from backend.db.models import notification, renewal, sweep_run
from backend.db.session import Unit
from tests.factories.cards import new_lead, new_renewal
from tests.office import NOON, Office
from tests.routes.web.sellers import sitting

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


async def test_heads_look_after_renewals_without_a_next_one(office: Office) -> None:
    head, anna = await sitting(office, "vera", "admin"), await sitting(office, "anna")
    acme = await office.client(anna.person)
    lost = await new_renewal(anna.person, client_id=acme, period="P1Y")
    assert "without a next one" not in await head.look("/today")
    forgotten = update(renewal).where(renewal.c.card_id == lost["id"])
    await office.do(lambda tx: tx.run(forgotten.values(pending=False, waiting=False)))
    page = await head.look("/today")
    assert re.search(r'id="n-orphans">1<', page)
    assert 'value="2027-05-09"' in page
    assert "without a next one" not in await anna.look("/today")
    agreement = f"/today/orphans/{lost['agreement_id']}"
    stranger = await sitting(office, "boris")
    before = await office.counts()
    assert (await stranger.send(agreement, renewal_date="2027-05-09")).status_code == 404
    assert (await head.send(agreement, renewal_date="2020-01-01")).status_code in (409, 422)
    assert await office.counts() == before
    reply = await head.send(agreement, renewal_date="2027-05-09")
    assert reply.status_code == 200, reply.text
    assert "without a next one" not in reply.text
    (_, made) = (await anna.person.get("/renewals", sort="id")).json()["items"]
    assert (made["renewal_date"], made["previous_id"]) == ("2027-05-09", lost["id"])
    assert (await anna.person.get("/renewals/orphans")).json()["items"] == []


async def test_heads_see_what_is_parked_and_a_sweep_that_is_silent(office: Office) -> None:
    head, anna = await sitting(office, "vera", "head"), await sitting(office, "anna")
    admin = await sitting(office, "olga", "admin")
    acme = await office.client(anna.person)
    stuck = await new_renewal(anna.person, client_id=acme)
    parked = {"parked_at": NOON, "failures": 5, "last_error": "<b>No stage</b>"}
    query = update(renewal).where(renewal.c.card_id == stuck["id"]).values(**parked)
    await office.do(lambda tx: tx.run(query))
    ran, told = _runs(office), "has not run successfully for"
    await ran("renewals", NOON - 26 * HOUR)
    page = await admin.look("/today")
    assert "5 failed tries" in page
    assert "&lt;b&gt;No stage&lt;/b&gt;" in page
    assert told not in page
    office.later(hours=1)
    await ran("reminders", office.now)
    for one in (admin, head):
        assert f"{told} 27 hours." in await one.look("/today")
    assert told not in await anna.look("/today")
    assert "failed tries" not in await head.look("/today")  # of another team
    await ran("renewals", office.now)
    assert told not in await admin.look("/today")


async def test_what_one_was_told_leads_to_what_is_behind_it(office: Office) -> None:
    """Until it is read, or holds no longer; nobody reads what others were told."""
    head, anna = await sitting(office, "vera", "head"), await sitting(office, "anna")
    assert "What you were told" not in await head.look("/today")
    days = {"from": "2026-03-01", "to": "2026-03-31"}
    share = {"name": "reasons", "pipeline": "offers", "owner_id": anna.person.id, **days}
    lead = await new_lead(anna.person)
    row = {"user_id": head.person.id, "created_at": NOON, "updated_at": NOON}
    rows = [
        {**row, "text": "<b>30.3%</b>", "alert": "share/1", "report": share},
        {**row, "text": "Five times", "alert": "s/2", "report": {"name": "reasons"},
         "card_id": lead["id"]},
        {**row, "text": "No longer so", "alert": "s/3", "report": share, "withdrawn_at": NOON},
    ]  # fmt: skip
    for one in rows:
        await office.do(lambda tx, one=one: tx.run(insert(notification), one))
    page = await head.look("/today")
    assert re.search(r'id="n-told">2<', page)
    assert "&lt;b&gt;30.3%&lt;/b&gt;" in page
    assert "No longer so" not in page
    (to,) = re.findall(r'href="(/reports/reasons\?[^"]*)"', page)
    assert html.unescape(to) == (
        f"/reports/reasons?pipeline=offers&owner_id={anna.person.id}&from=2026-03-01&to=2026-03-31"
    )
    assert f'href="/leads/{lead["id"]}" data-drawer>' in page
    (newest, oldest) = re.findall(r'action="(/today/notifications/[0-9]+)"', page)
    assert (await anna.send(newest)).status_code == 404
    reply = await head.send(newest)
    assert reply.status_code == 200, reply.text
    assert "Five times" not in reply.text
    assert "You have read everything." in (await head.send(oldest)).text
    assert "What you were told" not in await head.look("/today")


def _runs(office: Office) -> Callable[[str, datetime], Awaitable[None]]:
    async def ran(job: str, at: datetime) -> None:
        row = {
            "started_at": at, "finished_at": at, "today": at.date(), "trigger": "cron", "job": job,
        }  # fmt: skip

        async def work(tx: Unit) -> None:
            await tx.run(insert(sweep_run), row)

        await office.do(work)

    return ran
