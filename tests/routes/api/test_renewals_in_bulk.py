"""The review list and one decision about many: start, reschedule, close, for all or for none."""

from typing import Any

import pytest
from sqlalchemy import update

from backend.db.models import renewal
from tests.office import Office
from tests.routes.api.chain import Chain, Record, set_up

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


async def imported(chain: Chain, count: int = 3) -> list[Record]:
    """Renewals long past their dates, as an import leaves them."""
    made = [await chain.renewal(renewal_date=f"2025-1{day}-09") for day in range(count)]
    await chain.office.do(lambda tx: tx.run(update(renewal).values(review_since=chain.office.now)))
    return made


def items(found: list[Record]) -> list[Record]:
    return [{"renewal_id": row["id"], "version": row["version"]} for row in found]


async def decided(chain: Chain, found: list[Record], **way: Any) -> list[Record]:
    reply = await chain.anna.post("/renewals/bulk", {"items": items(found), **way})
    assert reply.status_code == 200, reply.text
    after = [await chain.read(row) for row in found]
    assert sorted(map(str, reply.json()["items"])) == sorted(map(str, items(after)))
    return after


async def review(chain: Chain) -> list[int]:
    found = await chain.anna.get("/renewals", review="true")
    return [row["id"] for row in found.json()["items"]]


async def test_what_is_up_for_review_is_not_swept(chain: Chain) -> None:
    found = await imported(chain)
    assert (await chain.sweep("2026-03-10")).checked == 0
    assert await review(chain) == [row["id"] for row in found]
    ahead = await chain.anna.get("/renewals/activation-preview")
    assert ahead.json()["total"] == 0
    assert (await chain.anna.get("/renewals", review="false")).json()["items"] == []


async def test_one_by_one(chain: Chain) -> None:
    first, second, third = await imported(chain)
    assert (await chain.done(first, "activate"))["state"] == "open"
    assert (await chain.moved_to(second, "2026-12-01"))["review_since"] is None
    assert (await chain.lost(third))["state"] == "lost"
    assert await review(chain) == []


async def test_started(chain: Chain) -> None:
    after = await decided(chain, await imported(chain), start=True)
    assert {row["state"] for row in after} == {"open"}
    assert await review(chain) == []


async def test_planned(chain: Chain) -> None:
    later = {"renewal_date": "2026-12-01", "reason": "client_asked"}
    after = await decided(chain, await imported(chain), reschedule=later)
    assert {(row["state"], row["renewal_date"]) for row in after} == {("waiting", "2026-12-01")}
    assert await review(chain) == []
    assert (await chain.sweep("2026-11-01")).activated == 3


async def test_closed_with_a_reason(chain: Chain) -> None:
    reason = await chain.office.reason("no_answer", "renewals")
    after = await decided(chain, await imported(chain), close={"reason_id": reason})
    assert {(row["state"], row["reason_id"]) for row in after} == {("lost", reason)}
    assert len([one for one in await chain.churn() if not one[2]]) == 1


async def test_what_is_refused_for_one_is_refused_for_all(chain: Chain) -> None:
    found = await imported(chain)
    reason = await chain.office.reason("no_answer", "renewals")
    boris = await chain.office.person("boris")
    strange = await chain.office.client(boris)
    body = {"client_id": strange, "amount": "1", "renewal_date": "2026-05-09"}
    foreign = (await boris.post("/renewals", body)).json()
    active = await chain.done(await chain.renewal(), "activate")
    stale = {**found[2], "version": 7}
    before = await chain.office.counts()
    for bad, status in ((foreign, 404), (stale, 412), (active, 409)):
        for way in ({"start": True}, {"close": {"reason_id": reason}}):
            given = {"items": items([*found[:2], bad]), **way}
            reply = await chain.anna.post("/renewals/bulk", given)
            assert reply.status_code == status, reply.text
            assert reply.json()["errors"][0]["pointer"] == "/items/2"
            assert await chain.office.counts() == before
    assert [await chain.read(row) for row in found] == [
        {**row, "review_since": "2026-03-10T09:00:00Z"} for row in found
    ]


async def test_one_way_at_a_time(chain: Chain) -> None:
    found = items(await imported(chain, 1))
    for body in ({}, {"start": True, "close": {"reason_id": 1}}, {"start": False}):
        reply = await chain.anna.post("/renewals/bulk", {"items": found, **body})
        assert reply.status_code == 400, reply.text
    assert (
        await chain.anna.post("/renewals/bulk", {"items": [], "start": True})
    ).status_code == 400
