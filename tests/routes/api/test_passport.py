"""The passport of an agreement: its terms in a row, early or late, dearer, with holes."""

from typing import Any

import pytest

from tests.office import Office
from tests.routes.api.chain import Chain, Record, set_up

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


async def passport(chain: Chain, term: Record) -> list[Record]:
    reply = await chain.anna.get(f"/agreements/{term['agreement_id']}/terms")
    assert reply.status_code == 200, reply.text
    return reply.json()["items"]  # type: ignore[no-any-return]


def told(terms: list[Record], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(term[name] for name in names) for term in terms]


async def test_a_chain_without_holes(chain: Chain) -> None:
    first = await chain.renewal(renewal_date="2026-05-09", period="P1Y", amount="100")
    chain.on("2026-05-01")
    second = await chain.won(first)
    chain.on("2027-05-20")
    await chain.won(second, fields={"amount": "115"})
    terms = await passport(chain, first)
    assert told(terms, "cycle", "state", "begins_on", "renewal_date", "gap_days", "days_late") == [
        (1, "won", None, "2026-05-09", 0, -8),
        (2, "won", "2026-05-09", "2027-05-09", 0, 11),
        (3, "waiting", "2027-05-09", "2028-05-09", 0, None),
    ]
    assert told(terms, "amount", "uplift_percent", "closed_on", "owner_name") == [
        ("100.00", None, "2026-05-01", "anna"), ("115.00", "15.00", "2027-05-20", "anna"),
        ("115.00", "0.00", None, "anna"),
    ]  # fmt: skip
    assert terms[0]["number"] == f"R-{first['id']}"


async def test_a_term_counted_from_a_late_payment_leaves_a_hole(chain: Chain) -> None:
    first = await chain.renewal(renewal_date="2026-05-09", period="P1Y")
    chain.on("2026-07-01")
    await chain.won(first, next_renewal_date="2027-07-01")
    assert told(await passport(chain, first), "begins_on", "gap_days") == [
        (None, 0), ("2026-07-01", 53),
    ]  # fmt: skip


async def test_a_late_payment_for_the_time_since_the_end_leaves_none(chain: Chain) -> None:
    first = await chain.renewal(renewal_date="2026-05-09", period="P1Y")
    chain.on("2026-07-01")
    await chain.won(first, next_renewal_date="2027-05-09")
    assert told(await passport(chain, first), "begins_on", "gap_days") == [
        (None, 0), ("2026-05-09", 0),
    ]  # fmt: skip


async def test_what_one_may_not_see_has_no_passport(chain: Chain) -> None:
    first = await chain.renewal()
    boris = await chain.office.person("boris")
    reply = await boris.get(f"/agreements/{first['agreement_id']}/terms")
    assert reply.status_code == 404
