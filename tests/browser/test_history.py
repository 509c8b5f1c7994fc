"""The way back: to the board as it was left, from a card, from a filter, from a reload."""

import asyncio
import contextlib
import re
from functools import partial
from typing import Any

import pytest
from playwright.async_api import Error, Route, expect

from tests.browser.boards import GATHERED, BoardPage, board, moved
from tests.browser.conftest import Company
from tests.browser.desks import Desks

pytestmark = pytest.mark.anyio
SMALL = {"width": 1000, "height": 640}
SCROLL = """() => { document.querySelector('#board').scrollLeft = 90;
  document.querySelector('.cards:has(.card)').scrollTop = 400 }"""
AGAIN = """() => navigation.dispatchEvent(Object.assign(new Event('navigate'),
  { navigationType: 'traverse', canIntercept: true, intercept: ({ handler }) => handler() }))"""
SCROLLED = """() => [document.querySelector('#board').scrollLeft,
  document.querySelector('.cards:has(.card)').scrollTop]"""


class Late:
    """The first answer of all, as it stood when it was asked, comes when it may."""

    def __init__(self) -> None:
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()

    async def __call__(self, route: Route) -> None:
        if self.asked.is_set():
            await route.continue_()
            return
        old = await route.fetch()
        self.asked.set()
        await self.let_go.wait()
        with contextlib.suppress(Error):  # broken off meanwhile
            await route.fulfill(response=old)


async def left(company: Company, desks: Desks) -> tuple[BoardPage, list[int], Any]:
    """A board scrolled both ways, and how far."""
    page, ids = await board(company, desks, 15, viewport=SMALL)
    await page.page.evaluate(SCROLL)
    places = await page.page.evaluate(SCROLLED)
    assert min(places) > 50
    return page, ids, places


async def test_a_closed_card_leaves_the_board_as_it_was(company: Company, desks: Desks) -> None:
    """Back and Esc close the drawer, ask the server nothing, and both scrolls are kept."""
    page, ids, places = await left(company, desks)
    drawer = page.page.locator("#drawer")
    asked: list[str] = []
    page.page.on("request", lambda one: asked.append(one.url))
    for close in (page.page.go_back, lambda: page.page.keyboard.press("Escape")):
        await page.page.evaluate(f"() => document.querySelector('#c{ids[7]} .t a').click()")
        await expect(drawer.locator("h1")).to_be_visible()
        asked.clear()
        await close()
        await expect(drawer).to_be_hidden()
        await page.desk.until("() => location.pathname === '/deals'")
        await page.focuses(ids[7])
        assert await page.page.evaluate(SCROLLED) == places
        known = ("/patch", "/figures", "icon.svg")
        assert [one for one in asked if not any(part in one for part in known)] == []


async def test_back_from_another_page_keeps_filters_and_scroll(
    company: Company, desks: Desks
) -> None:
    page, ids, places = await left(company, desks)
    where = page.page.url
    await page.page.evaluate("() => document.querySelector('.nav a[href=\"/clients\"]').click()")
    await expect(page.page.locator("#clients")).to_be_visible()
    await page.page.go_back()
    await expect(page.page.locator(f"#c{ids[0]}")).to_be_attached()
    assert page.page.url == where
    await page.desk.until(f"() => ({SCROLLED})().join() === '{places[0]},{places[1]}'")


async def test_back_after_a_card_still_leads_through_the_filters(
    company: Company, desks: Desks
) -> None:
    page, (one, two) = await board(company, desks, 2)
    await page.page.locator(f"#c{one} .t a").click()
    await expect(page.page.locator("#drawer h1")).to_be_visible()
    await page.page.go_back()
    await expect(page.page.locator("#drawer")).to_be_hidden()
    late = Late()
    await page.page.route("**/patch?*", late)
    await moved(company, one, "negotiation")
    await late.asked.wait()
    patched = partial(page.page.expect_event, "requestfinished", lambda one: "/patch" in one.url)
    async with patched():  # asked again, for the new filter
        await page.page.locator("#q").fill(f"D-{two}")
    await expect(page.page.locator("#facts")).to_contain_text("1 in work")
    async with patched():
        late.let_go.set()
    await page.page.evaluate(GATHERED)
    await expect(page.page.locator(f"#c{one}")).to_have_count(0)  # asked under another filter
    late = Late()
    await page.page.route(re.compile(r"/deals(\?|$)"), late)
    await page.page.go_back()
    await late.asked.wait()
    await page.page.evaluate(AGAIN)  # as two steps at once do: what the first asked is broken off
    late.let_go.set()
    await expect(page.page.locator(f"#c{one}")).to_be_visible()
    await expect(page.page.locator("#q")).not_to_have_value(f"D-{two}")
    await expect(page.page.locator("#facts")).to_contain_text("2 in work")


async def test_a_filter_that_is_chosen_keeps_what_is_open_and_the_focus(
    company: Company, desks: Desks
) -> None:
    """The list of managers stays open for the next one, on a board as in a report."""
    desk = await desks.sit(company.email("head"), "/deals")
    await desk.page.locator("#d-m summary").click()
    for place in (0, 1):
        box = desk.page.locator("#d-m input").nth(place)
        chosen = await box.get_attribute("value")
        await box.check()
        await desk.until("(id) => location.search.includes(`m=${id}`)", chosen)
        await expect(desk.page.locator("#d-m[open] summary b")).not_to_have_text("all")
        await expect(box).to_be_focused()
    await desk.page.goto("/reports/funnel")
    await desk.page.locator("#f-pipeline").focus()
    await desk.page.locator("#f-pipeline").select_option("leads")
    await desk.until("() => location.search.includes('pipeline=leads')")
    await expect(desk.page.locator("#f-pipeline")).to_be_focused()


async def test_a_card_that_was_loaded_again_leads_back_to_its_board(
    company: Company, desks: Desks
) -> None:
    page, (one,) = await board(company, desks, 1)
    await page.page.locator(f"#c{one} .t a").click()
    await expect(page.page.locator("#drawer h1")).to_be_visible()
    await page.page.reload()
    await expect(page.page.locator("main h1")).to_be_visible()
    await page.page.evaluate("() => history.back()")
    await expect(page.page.locator(f"#c{one}")).to_be_visible()
