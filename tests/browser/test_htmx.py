"""How the pages and htmx deal with each other: what it sends, what it must not need."""

import pytest
from playwright.async_api import expect

from tests.browser.boards import GATHERED, board
from tests.browser.conftest import Company
from tests.browser.desks import Desks

pytestmark = pytest.mark.anyio

# What htmx would have to turn into a function: the pages' policy does not let it.
NEEDS_EVAL = """() => [...document.querySelectorAll('*')].flatMap((one) => [...one.attributes])
  .filter(({ name, value }) => /^(data-)?hx-on|^on/.test(name) || (/^(data-)?hx-/.test(name)
    && (/^js:|^javascript:/.test(value) || (name.endsWith('trigger') && value.includes('[')))))
  .map(({ name, value }) => `${name}=${value}`)"""


async def test_nothing_needs_what_the_policy_forbids(company: Company, desks: Desks) -> None:
    """A text is never turned into code, so nothing may wait for one that would be."""
    page, (one,) = await board(company, desks, 1)
    await page.page.locator(f"#c{one} .t a").click()
    await expect(page.page.locator("#drawer h1")).to_be_visible()
    assert await page.page.evaluate(NEEDS_EVAL) == []
    assert page.desk.complaints == []
    await page.page.evaluate("() => { setTimeout('window.ran = true', 0) }")
    await page.page.evaluate(GATHERED)
    assert not await page.page.evaluate("() => window.ran")
    assert "Content Security Policy" in page.desk.complaints.pop()


async def test_what_htmx_says_of_itself_is_understood(company: Company, desks: Desks) -> None:
    """A filter gets a part of the page, and the way back all of it: by the headers of htmx 4."""
    page, (one,) = await board(company, desks, 1)
    async with page.page.expect_response(lambda reply: "q=nothing" in reply.url) as filtered:
        await page.page.locator("#q").fill("nothing of the kind")
    part = await filtered.value
    sent = part.request.headers
    assert (sent["hx-request"], sent["hx-source"], sent["hx-target"]) == (
        "true", "form#f", "div#view",
    )  # fmt: skip
    assert sent["hx-request-type"] == "partial"
    assert not (await part.text()).lower().lstrip().startswith("<!doctype")
    await expect(page.page.locator(".nothing")).to_be_visible()
    async with page.page.expect_response(lambda reply: "/deals?" in reply.url) as restored:
        await page.page.go_back()
    whole = await restored.value
    assert whole.request.headers["hx-history-restore-request"] == "true"
    assert (await whole.text()).startswith("<!doctype html>")
    await expect(page.page.locator(f"#c{one}")).to_be_visible()
