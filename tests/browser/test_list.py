"""A board as a list: all of a stage can be shown, and it is as fresh as the columns."""

import pytest
from playwright.async_api import expect

from tests.browser.boards import NEXT, deals, moved
from tests.browser.conftest import Company
from tests.browser.desks import Desks

pytestmark = pytest.mark.anyio
GROUP = "tbody:has(th b:text-is('{}'))"


async def test_a_list_shows_more_on_demand_and_what_colleagues_do(
    company: Company, desks: Desks
) -> None:
    ids = await deals(company, 41)
    name = (await company.manager.get(f"/deals/{ids[0]}")).json()["client_name"]
    desk = await desks.sit(company.email("manager"), f"/deals?view=list&q={name}")
    page, rows = desk.page, desk.page.locator("#board tr[id^=c]")
    await expect(rows).to_have_count(30)
    await page.get_by_role("link", name="Show 11 more").click()
    await expect(rows).to_have_count(41)
    assert "rows=130" in page.url
    await page.locator(f"#c{ids[40]} a").scroll_into_view_if_needed()
    place = await page.locator("#board").evaluate("(list) => list.scrollTop")
    assert place > 0
    await moved(company, ids[40], "negotiation")
    await expect(page.locator(GROUP.format(NEXT)).locator(f"#c{ids[40]}")).to_be_visible()
    await expect(rows).to_have_count(41)
    assert await page.locator("#board").evaluate("(list) => list.scrollTop") > 0
    await page.locator(f"#c{ids[0]} a").click()
    await expect(page.locator("#drawer .steps")).to_be_visible()
    await page.locator("#drawer .steps button", has_text=NEXT).click()
    await expect(page.locator(GROUP.format(NEXT)).locator(f"#c{ids[0]}")).to_be_attached()
    await page.keyboard.press("Escape")
    await desk.until("() => !history.state?.drawer")  # its own step back is over
    await page.go_back()
    await expect(rows).to_have_count(32)  # thirty of one stage and two of the next
