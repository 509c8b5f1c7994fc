"""Waiting renewals that saw an old lead time get their day at night; no others are written."""

from datetime import date

from sqlalchemy import select, update

from backend.db.models import renewal
from backend.db.session import Unit
from jobs.renewals import recompute_days
from tests.office import Office, Person

DAYS = select(renewal.c.card_id, renewal.c.activates_on)


async def waiting(office: Office, owner: Person) -> int:
    body = {"client_id": await office.client(owner), "amount": "10", "renewal_date": "2026-05-09"}
    return int((await owner.post("/renewals", body)).json()["id"])


async def days(tx: Unit) -> dict[int, date]:
    return {row["card_id"]: row["activates_on"] for row in await tx.rows(DAYS)}


async def test_a_renewal_with_another_day_than_its_lead_time_gives_is_put_right(
    office: Office,
) -> None:
    anna = await office.person("anna")
    astray, right = await waiting(office, anna), await waiting(office, anna)
    own = renewal.c.card_id == astray
    before = await office.do(days)
    assert before[astray] == before[right]
    late = update(renewal).where(own).values(activates_on=date(2026, 5, 1))
    await office.do(lambda tx: tx.run(late))
    assert (await office.do(days))[astray] == date(2026, 5, 1)
    await recompute_days({"resources": office.resources})
    assert await office.do(days) == before
