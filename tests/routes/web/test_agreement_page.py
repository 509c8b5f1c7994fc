"""The page of an agreement: its chain drawn with the holes, and what comes next and why."""

import re

import httpx
import pytest
from sqlalchemy import update

from backend.db.models import renewal
from tests.office import Office
from tests.routes.api.chain import set_up
from tests.routes.web.person import Browser
from tests.routes.web.sheets import page, tables
from tests.routes.web.test_card_page import seated, text_of

pytestmark = pytest.mark.anyio
TERMS = {
    "contract_number": "K-17", "signature_status": "signed", "notice_period": "P60D",
    "consumption": {"quantity": "50", "per": "P1M"},
}  # fmt: skip


async def test_the_chain_is_drawn_with_its_holes_and_what_comes_next(office: Office) -> None:
    """A term won 52 days late and counted from then leaves a hole; the next one was put off."""
    chain = await set_up(office)
    chain.on("2025-03-10")
    first = await chain.renewal(renewal_date="2026-03-10", period="P1Y", amount="100")
    here = f"/agreements/{first['agreement_id']}"
    chain.on("2026-05-01")
    following = await chain.won(first, next_renewal_date="2027-05-01", fields={"amount": "110"})
    await chain.moved_to(following, "2027-06-01")
    version = (await chain.anna.get(here)).json()["version"]
    assert (await chain.anna.patch(here, TERMS, version)).status_code == 200
    anna = await seated(office, "anna", chain.anna)
    text = await page(anna, here)
    (told,) = tables(text)
    first_row, hole, second = told[1:]
    assert hole == ["A hole of 52 days: nothing was covered"]
    assert first_row[2:5] == ["10 Mar 2026 set by hand", "Renewed 1 May 2026 52 days late", "110 ₽"]
    assert second[1:4] == [
        "1 May 2026", "1 Jun 2027 set by hand at first 1 May 2027 moved 1 time", "Waiting",
    ]  # fmt: skip
    bars = re.findall(r'<rect class="(c1|c3|hole)" x="([^"]*)%" width="([^"]*)%"', text)
    assert [look for look, _, _ in bars] == ["c1", "hole", "c3"]
    assert sum(float(width) for _, _, width in bars) == pytest.approx(100, abs=0.7)
    seen = text_of(text).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "Why it is not in work yet", "Renewal 1 Jun 2027 − 60 days (of the agreement)",
        "= 2 Apr 2027", "Contract number K-17", "Signature signed", "contract in force",
        "Prolongs itself unless cancelled before 60 days", "Used up 50 in 1 month",
        "Renewed every 1 year", "2 terms",
    ):  # fmt: skip
        assert words in seen, words
    assert f'href="{here}"' in await page(anna, f"/renewals/{following['id']}")
    assert f'href="{here}"' in await page(anna, f"/clients/{chain.client_id}")
    await demand_the_contract_as_a_file(anna, here)
    await demand_one_click_for_an_orphan(office, following["id"], here)


async def demand_the_contract_as_a_file(anna: Browser, here: str) -> None:
    """It is stored by the form of the page, handed out, and taken away again."""
    found = re.search(r'name="version" value="(\d+)"', await page(anna, here))
    assert found is not None
    form = {"csrf": anna.csrf, "version": found[1]}

    async def stored(name: str, content: bytes, **more: str) -> httpx.Response:
        sent = {"file": (name, content, "text/html")}
        request = anna.http.build_request("POST", f"{here}/file", data={**form, **more}, files=sent)
        await request.aread()  # in one piece
        return await anna.http.send(request)

    for reply, status in (
        (await stored("k.html", b""), 400), (await stored("k.html", bytes(10_000_001)), 422),
        (await stored("k.html", bytes(10_100_000)), 413),
        (await stored("k.html", b"x", version="1"), 412),
    ):  # fmt: skip
        assert reply.status_code == status, reply.text
    sent = await stored("C:\\Papers\\k.html", b"<script>")
    assert (sent.status_code, sent.headers["location"]) == (303, here)
    text = await page(anna, here)
    assert f'<a class="link" href="{here}/file">k.html</a>' in text
    assert "Replace the file" in text
    got = await anna.get(f"{here}/file")
    assert (got.content, got.headers["x-content-type-options"]) == (b"<script>", "nosniff")
    assert got.headers["content-disposition"].startswith('attachment; filename="k.html"')
    gone = await anna.post(f"{here}/file/remove", {"version": str(int(found[1]) + 1)})
    assert gone.status_code == 303
    assert "k.html" not in await page(anna, here)


async def demand_one_click_for_an_orphan(office: Office, last: int, here: str) -> None:
    """Where nothing renews it, the next date is proposed; who does not see it can do nothing."""
    forgotten = update(renewal).where(renewal.c.card_id == last)
    await office.do(lambda tx: tx.run(forgotten.values(pending=False, waiting=False)))
    head = await seated(office, "vera", await office.person("vera", "admin"))
    text = await page(head, here)
    assert "Nothing renews this agreement." in text
    assert 'value="2028-05-01"' in text
    boris = await seated(office, "boris", await office.person("boris"))
    before = await office.counts()
    assert (await boris.get(here)).status_code == 404
    form = {"renewal_date": "2028-05-01"}
    assert (await boris.post(f"{here}/next", form)).status_code == 404
    assert (await head.post(f"{here}/next", {"renewal_date": "2020-01-01"})).status_code == 422
    assert await office.counts() == before
    sent = await head.post(f"{here}/next", form)
    assert (sent.status_code, sent.headers["location"]) == (303, here)
    text = await page(head, here)
    assert "Nothing renews this agreement." not in text
    assert "1 May 2028" in text
