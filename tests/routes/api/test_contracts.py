"""The contract behind an agreement: its papers, its notice period, one without terms."""

from base64 import b64encode
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

HARMLESS = {
    "content-disposition": "attachment; filename=\"_______ _5.html\";"
    " filename*=UTF-8''%D0%94%D0%BE%D0%B3%D0%BE%D0%B2%D0%BE%D1%80%20%E2%84%965.html",
    "content-type": "application/octet-stream", "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox", "cache-control": "private, no-store",
}  # fmt: skip


def encoded(content: bytes) -> str:
    return b64encode(content).decode()


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


async def test_the_contract_as_a_file(chain: Chain) -> None:
    """Stored, replaced and taken away with the agreement's version; one file, told in the log."""
    anna, made = chain.anna, (await agreed(chain, renewal_date="2026-05-09")).json()
    here = f"/agreements/{made['id']}"
    file = {"name": "../../Договор №5.html", "content": encoded(b"<script>")}
    stored = (await anna.post(f"{here}/file", file, version=1)).json()
    told = {"name": "Договор №5.html", "size": 8, "added_at": "2026-03-10T09:00:00Z"}
    assert (made["file"], stored["file"], stored["version"]) == (None, told, 2)
    got = await anna.get(f"{here}/file")
    assert got.content == b"<script>"
    assert [got.headers[name] for name in HARMLESS] == list(HARMLESS.values())
    await demand_refusals(chain, here)
    again = {"name": "scan.pdf", "content": encoded(b"%PDF")}
    assert (await anna.post(f"{here}/file", again, version=2)).json()["file"]["size"] == 4
    assert (await anna.get(f"{here}/file")).content == b"%PDF"
    assert (await anna.delete(f"{here}/file", 3)).status_code == 204
    assert (await anna.get(f"{here}/file")).status_code == 404
    assert (await anna.delete(f"{here}/file", 4)).status_code == 404
    boss = await chain.office.person("boss", "admin")
    log = (await boss.get("/audit", kind="agreement", id=made["id"])).json()["items"]
    changes = [change for one in log for change in one["changes"] if change["field"] == "file"]
    names = [[side and side["name"] for side in (c["before"], c["after"])] for c in changes]
    assert sorted(names, key=str) == sorted(
        [[None, told["name"]], [told["name"], "scan.pdf"], ["scan.pdf", None]], key=str
    )


async def demand_refusals(chain: Chain, here: str) -> None:
    """What is no file of this agreement leaves no trace, and shows nobody else what is there."""
    anna, file = chain.anna, {"name": "k.pdf", "content": encoded(b"k")}
    boris = await chain.office.person("boris")
    before = await chain.office.counts()
    large = encoded(bytes(10_000_001))
    for body, version, status in (
        (file, 1, 412), (file, None, 428), ({**file, "content": large}, 2, 422),
        ({**file, "content": ""}, 2, 400), ({**file, "content": "no base64"}, 2, 400),
        ({**file, "name": "a/.."}, 2, 400), ({**file, "name": "a\tb"}, 2, 400),
        ({**file, "name": "a" * 256}, 2, 400), ({**file, "content": large * 2}, 2, 413),
    ):  # fmt: skip
        reply = await anna.post(f"{here}/file", body, version=version)
        assert reply.status_code == status, (status, reply.text)
    said = (await anna.post(f"{here}/file", {**file, "content": large}, version=2)).json()["detail"]
    assert said.startswith("A file has at most 10 MB, and this one is of 10.0 MB")
    for reply in (
        await boris.get(f"{here}/file"), await boris.post(f"{here}/file", file, version=2),
        await boris.delete(f"{here}/file", 2),
    ):  # fmt: skip
        assert reply.status_code == 404
    assert await chain.office.counts() == before


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
