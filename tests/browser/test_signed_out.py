"""Signed out in another tab: nothing is lost, and who signs in there again goes on here."""

import pytest
from playwright.async_api import expect

from tests.browser.boards import NEXT, board
from tests.browser.conftest import Company
from tests.browser.desks import PASSWORD, Desks

pytestmark = pytest.mark.anyio


async def test_the_card_goes_back_and_what_is_typed_stays(company: Company, desks: Desks) -> None:
    page, (one,) = await board(company, desks, 1)
    page.desk.refused(401)
    first = await page.first()
    await page.page.locator("[data-new]").click()
    await page.page.locator(".new-card [name=whom]").fill("Patience Ltd")
    await page.page.locator(".new-card [name=title]").fill("Twelve seats")
    await page.page.context.clear_cookies()
    await page.drag(one, NEXT)
    await page.stands(one, first)
    await page.says("You are signed out")
    await page.page.locator(".new-card .primary").click()
    async with page.page.context.expect_page() as opened:
        await page.page.locator("#toasts [data-door]").last.click()
    door = await opened.value
    await door.locator("[name=email]").fill(company.email("manager"))
    await door.locator("[name=password]").fill(PASSWORD)
    await door.locator(".sign .primary").click()
    await expect(door.locator(".nav")).to_be_visible()
    await door.close()
    await page.page.evaluate("() => dispatchEvent(new Event('focus'))")
    await expect(page.page.locator("#toasts [data-door]")).to_have_count(0)
    await expect(page.page.locator(".new-card [name=title]")).to_have_value("Twelve seats")
    await page.page.locator(".new-card .primary").click()
    await expect(page.page.locator(".new-card [name=title]")).to_have_value("")
    await page.drag(one, NEXT)
    await page.stands(one, NEXT)
