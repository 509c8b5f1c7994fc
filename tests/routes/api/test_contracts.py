"""The contract behind an agreement: its papers, its notice period, one without terms."""

from typing import Any

import httpx
import pytest

from tests.office import Office
from tests.routes.api.chain import Chain, Record, set_up

pytestmark = pytest.mark.anyio

PAPERS = {
    "contract_number": "2026/14", "signed_on": "2026-01-15", "signature_status": "signed",
    "valid_until": "2026-12-31",
}  # fmt: skip


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


async def agreed(chain: Chain, **fields: Any) -> httpx.Response:
    body = {"title": "Support", "client_id": chain.client_id, **fields}
    return await chain.anna.post("/agreements", body)


async def changed(chain: Chain, row: Record, **fields: Any) -> httpx.Response:
    return await chain.anna.patch(f"/agreements/{row['id']}", fields, row["version"])


async def test_the_papers_of_a_contract(chain: Chain) -> None:
    made = (await agreed(chain, renewal_date="2026-05-09", **PAPERS)).json()
    assert {name: made[name] for name in PAPERS} == PAPERS
    assert made["in_force"] is True
    found = await chain.anna.get("/agreements", contract_number="2026/14")
    assert [row["id"] for row in found.json()["items"]] == [made["id"]]
    sent = (await changed(chain, made, signature_status="sent")).json()
    assert sent["in_force"] is False
    chain.on("2027-01-01")
    over = (await changed(chain, sent, signature_status="original")).json()
    assert over["in_force"] is False
    assert (await changed(chain, over, valid_until="2027-01-01")).json()["in_force"] is True


async def test_a_contract_does_not_end_before_it_is_signed(chain: Chain) -> None:
    wrong = {**PAPERS, "valid_until": "2026-01-14"}
    before = await chain.office.counts()
    reply = await agreed(chain, renewal_date="2026-05-09", **wrong)
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/valid_until")
    assert await chain.office.counts() == before


@pytest.mark.parametrize(
    ("lead", "notice", "activates", "shown", "source"),
    [
        (None, "P60D", "2026-03-10", "P60D", "agreement"),
        (None, "P2W", "2026-04-09", "P1M", "pipeline"),
        ("P10D", "P2W", "2026-04-25", "P2W", "agreement"),
        ("P1M", "P30D", "2026-04-09", "P1M", "agreement"),
    ],
)
async def test_the_lead_time_is_never_less_than_the_notice_period(
    chain: Chain, lead: str | None, notice: str, activates: str, shown: str, source: str
) -> None:
    """Nobody can cancel in time what he is told of after the notice period has begun."""
    terms = {"lead_time": lead, "notice_period": notice}
    made = (await agreed(chain, renewal_date="2026-05-09", **terms)).json()
    term = await chain.read({"id": made["pending_renewal_id"]})
    assert term["activates_on"] == activates
    assert (term["lead_time"], term["lead_time_source"]) == (shown, source)


async def test_a_new_notice_period_moves_what_waits(chain: Chain) -> None:
    made = (await agreed(chain, renewal_date="2026-05-09")).json()
    await changed(chain, made, notice_period="P2M")
    term = await chain.read({"id": made["pending_renewal_id"]})
    assert (term["activates_on"], term["version"]) == ("2026-03-09", 1)
    own = await chain.anna.patch(f"/renewals/{term['id']}", {"lead_time": "P1D"}, version=1)
    assert own.json()["activates_on"] == "2026-03-09"


async def test_a_framework_contract_has_no_terms_and_is_no_orphan(chain: Chain) -> None:
    made = (await agreed(chain, framework=True, signed_on="2026-01-15")).json()
    assert (made["framework"], made["period"], made["pending_renewal_id"]) == (True, None, None)
    assert (made["anchor_date"], made["anchor_cycle"]) == ("2026-01-15", 0)
    assert (await chain.anna.get("/renewals/orphans")).json()["items"] == []
    assert (await chain.anna.get("/renewals")).json()["items"] == []
    more = await chain.anna.post("/renewals", {"agreement_id": made["id"]})
    await chain.refused(more, 409, "conflict")
    assert (await changed(chain, made, period="P1Y")).status_code == 409
    # It is nothing that would keep a client who lets his only renewal go.
    await chain.lost(await chain.renewal())
    assert await chain.churn() == [("2026-05-09", None, False)]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({}, "/renewal_date"),
        ({"framework": True, "renewal_date": "2026-05-09"}, "/renewal_date"),
        ({"framework": True, "amount": "1"}, "/amount"),
        ({"framework": True, "period": "P1Y"}, "/period"),
    ],
)
async def test_terms_are_for_what_renews(chain: Chain, fields: Record, pointer: str) -> None:
    before = await chain.office.counts()
    reply = await agreed(chain, **fields)
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (400, pointer)
    assert await chain.office.counts() == before


async def test_how_a_date_came_about(chain: Chain) -> None:
    """By hand it is marked so, wherever it was given; counted from the anchor it is not."""
    term = await chain.renewal(period="P1Y")
    assert term["date_source"] == "manual"
    second = await chain.won(term)
    assert second["date_source"] == "period"
    moved = await chain.moved_to(second, "2027-06-01")
    assert moved["date_source"] == "manual"
    third = await chain.won(moved, next_renewal_date="2028-01-01")
    assert third["date_source"] == "manual"
    chain.on("2028-01-01")
    assert (await chain.won(third, next_renewal_date="2029-01-01"))["date_source"] == "period"
