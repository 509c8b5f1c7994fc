"""What boards are known to get wrong: patches of neighbours, long columns, fingers, hidden tabs."""

import asyncio
import contextlib
from typing import Any

import pytest
from playwright.async_api import CDPSession, Error, Route, expect

from tests.browser.axe import violations
from tests.browser.boards import GATHERED, LOST, NEXT, BoardPage, board, moved, opened
from tests.browser.conftest import Company
from tests.browser.desks import Desks
from tests.factories.cards import new_renewal

pytestmark = pytest.mark.anyio
PHONE = {"width": 390, "height": 844}
STICKS_OUT = """(column) => { const { left, right } = column.getBoundingClientRect();
  return [...column.querySelectorAll('h2, .n, summary')].map((one) =>
    [one.textContent.trim(), one.getBoundingClientRect()])
    .filter(([, box]) => box.left < left || box.right > right || !box.height)
    .map(([text, box]) => `${text}: ${box.left}-${box.right} in ${left}-${right}`) }"""
HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange')) }"""


async def loaded(page: BoardPage, count: int) -> None:
    await page.desk.until(f"() => document.querySelectorAll('.cards .card').length === {count}")


async def test_neighbours_changed_at_once_are_all_there(company: Company, desks: Desks) -> None:
    page, ids = await board(company, desks, 5)
    first = await page.first()
    await page.lift(ids[4], first, below=500)
    for one in reversed(ids[:4]):
        await moved(company, one, "negotiation")
    await page.hears(*ids[:4])
    await page.page.keyboard.press("Escape")
    await page.page.mouse.up()
    for one in ids[:4]:
        await page.stands(one, NEXT)
    order = [one["id"] for one in (await in_order(company, ids))]
    assert [one for one in (await page.standing())[NEXT] if one in ids] == order


async def in_order(company: Company, ids: list[int]) -> list[dict[str, Any]]:
    rows = [(await company.admin.get(f"/deals/{one}")).json() for one in ids]
    there = [row for row in rows if row["stage_key"] == "negotiation"]
    return sorted(there, key=lambda row: str(row["position"]))


async def test_a_long_column_scrolls_loads_more_and_keeps_its_place(
    company: Company, desks: Desks
) -> None:
    page, ids = await board(company, desks, 41)
    await loaded(page, 30)
    column = page.page.locator(".cards:has(.card)").first
    await column.evaluate("(list) => { list.scrollTop = list.scrollHeight }")
    await loaded(page, 41)
    assert await column.evaluate("(list) => list.scrollTop") > 0
    assert [one for cards in (await page.standing()).values() for one in cards] == ids
    await page.page.locator(f"#c{ids[20]}").scroll_into_view_if_needed()
    before = await column.evaluate("(list) => list.scrollTop")
    assert before > 0
    await page.page.locator(f"#c{ids[20]} .t a").focus()
    await page.page.keyboard.press("Alt+ArrowDown")
    await page.desk.until(
        f"() => document.querySelector('#c{ids[21]}').nextElementSibling.id === 'c{ids[20]}'"
    )
    assert abs(await column.evaluate("(list) => list.scrollTop") - before) < 130


async def test_a_folded_column_is_a_strip_that_takes_cards(company: Company, desks: Desks) -> None:
    page, (one, _) = await board(company, desks, 2)
    column = page.page.locator(f".col:has(h2:text-is('{NEXT}'))")
    await page.page.evaluate("() => { window.same = true }")
    await column.locator("h2").dblclick()
    await expect(page.page.locator(f".col.folded:has(h2:text-is('{NEXT}'))")).to_be_visible()
    await page.desk.until("() => location.search.includes('fold=')")
    assert await page.page.evaluate("() => window.same")  # and whatever else the page knew
    await expect(column.locator("summary")).to_be_focused()
    assert await column.evaluate(STICKS_OUT) == []
    await page.lift(one, NEXT, below=200)
    await page.page.mouse.up()
    await page.stands(one, NEXT)
    assert await page.count(NEXT) == "1"
    await column.locator("summary").click()
    await column.get_by_role("link", name="Unfold the column").click()
    await expect(page.page.locator(f"#c{one}")).to_be_visible()


async def test_keys_pass_over_columns_without_cards(company: Company, desks: Desks) -> None:
    page, (one, two) = await board(company, desks, 2)
    await moved(company, two, "invoice")
    await page.stands(two, "Invoice")
    await page.page.locator(f"#c{one} .t a").focus()
    for key, goal in (("ArrowRight", two), ("ArrowLeft", one)):
        await page.page.keyboard.press(key)
        await page.focuses(goal)


async def test_what_the_order_sets_is_not_moved_by_hand(company: Company, desks: Desks) -> None:
    """Neither by the menu, nor by keys, nor by the mouse; the server is not even asked."""
    page, ids = await board(company, desks, 3)
    first = await page.first()
    await page.page.goto(f"{page.page.url}&sort=age")
    await page.desk.until("() => document.querySelector('.t a[tabindex=\"0\"]')")
    stood = (await page.standing())[first]
    asked: list[str] = []
    page.page.on("request", lambda one: asked.append(one.method))
    await page.page.locator(f"#c{stood[1]} .t a").focus()
    await page.page.keyboard.press("Alt+ArrowUp")
    await page.says("not set by hand")
    await page.page.keyboard.press("m")
    await expect(page.page.locator("#menu button").first).to_be_focused()
    await expect(page.page.locator("#menu button", has_text="To the top")).to_have_count(0)
    await page.page.keyboard.press("Escape")
    await page.page.locator("#toasts [data-close]").last.click()
    await page.lift(stood[2], first, below=10)
    await page.page.mouse.up()
    await page.says("not set by hand")
    assert (await page.standing())[first] == stood
    assert "POST" not in asked
    assert sorted(stood) == ids


async def test_flags_take_each_others_place(company: Company, desks: Desks) -> None:
    page, (one,) = await board(company, desks, 1)
    for flag, shown in (("late", 0), ("notask", 1), ("stale", 0)):
        await page.page.locator(f"label:has(#f-{flag})").click()
        await page.desk.until("(flag) => location.search.endsWith(`flag=${flag}`)", flag)
        await expect(page.page.locator(f"#c{one}")).to_have_count(shown)


async def test_renewals_by_date_move_to_stages(company: Company, desks: Desks) -> None:
    """A day is no stage: the menu and several at once offer stages, and arrows do nothing."""
    client = await company.office.client(company.manager, "Dated")
    made = await new_renewal(company.manager, client_id=client)
    one = made["id"]
    begun = await company.manager.post(f"/renewals/{one}/activate", {}, made["version"])
    assert begun.status_code == 200, begun.text
    page = await opened(await desks.sit(company.email("manager")), "/renewals?view=date&q=Dated")
    await page.page.locator(f"#c{one} .t a").focus()
    await page.page.keyboard.press("Alt+ArrowRight")
    await page.page.keyboard.press("m")
    goal = page.page.locator("#menu button").nth(1)
    name = await goal.inner_text()
    await expect(page.page.locator("#bulk option").nth(2)).to_have_text(name)
    await goal.click()
    await page.says(f"→ {name}")
    now = (await company.manager.get(f"/renewals/{one}")).json()
    assert now["stage_id"] != made["stage_id"]


async def test_a_card_on_its_way_cannot_be_taken_again(company: Company, desks: Desks) -> None:
    page, (one,) = await board(company, desks, 1)
    first = await page.first()
    asked, released, times = asyncio.Event(), asyncio.Event(), []

    async def held(route: Route) -> None:
        times.append(route.request.url)
        asked.set()
        await released.wait()
        await route.continue_()

    await page.page.route("**/move?*", held)
    await page.drag(one, NEXT)
    await asked.wait()
    await page.drag(one, first)
    assert one in (await page.standing())[NEXT]
    released.set()
    await page.stands(one, NEXT)
    assert len(times) == 1


async def test_no_answer_in_time_and_a_broken_line_put_the_card_back(
    company: Company, desks: Desks
) -> None:
    page, (one,) = await board(company, desks, 1)
    first = await page.first()
    assert await page.page.evaluate("() => htmx.config.defaultTimeout") == 10_000

    async def silent(_: Route) -> None:
        """Never answers."""

    await page.page.evaluate("() => { htmx.config.defaultTimeout = 300 }")
    await page.page.route("**/move?*", silent)
    await page.drag(one, NEXT)
    await page.says("No answer")
    await page.stands(one, first)
    await page.page.unroute("**/move?*")
    await page.page.route("**/move?*", lambda route: route.abort("connectionreset"))
    await page.drag(one, NEXT)
    await page.stands(one, first)
    assert await page.page.locator("#toasts [data-retry]").count() == 2
    page.desk.complaints.clear()


async def test_what_a_hidden_tab_missed_is_made_up_for(company: Company, desks: Desks) -> None:
    page, (one,) = await board(company, desks, 1)
    path = page.page.url.removeprefix(desks.address)
    beside = await opened(await desks.sit(company.email("head")), path)
    await moved(company, one, "invoice")
    await page.stands(one, "Invoice")  # the stream is there
    async with page.page.expect_event("requestfailed", lambda sent: "/events" in sent.url):
        await page.page.evaluate(HIDE, True)
    await moved(company, one, "negotiation")
    await beside.stands(one, NEXT)  # everybody else was told
    assert one in (await page.standing())["Invoice"]
    await page.page.evaluate(HIDE, False)
    await page.stands(one, NEXT)


async def touch(session: CDPSession, kind: str, *point: float) -> None:
    points = [{"x": point[0], "y": point[1]}] if point else []
    await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


async def test_a_finger_that_rests_lifts_and_one_that_swipes_does_not(
    company: Company, desks: Desks
) -> None:
    page, (one, _) = await board(
        company, desks, 2, has_touch=True, viewport={"width": 1440, "height": 900}
    )
    first = await page.first()
    box = await page.page.locator(f"#c{one} .m").bounding_box()
    goal = await page.page.locator(f".col:has(h2:text-is('{NEXT}')) .cards").bounding_box()
    assert box is not None
    assert goal is not None
    start = (box["x"] + 20, box["y"] + 8)
    swipe, drop = (start[0], start[1] + 300), (goal["x"] + 60, goal["y"] + 60)
    session = await page.page.context.new_cdp_session(page.page)
    for rests, end, column in ((0.0, swipe, first), (0.4, drop, NEXT)):
        await touch(session, "touchStart", *start)
        await asyncio.sleep(rests)
        with contextlib.suppress(Error):  # the browser takes a swipe for itself, to scroll
            for step in range(1, 11):
                x, y = (a + (b - a) * step / 10 for a, b in zip(start, end, strict=True))
                await touch(session, "touchMove", x, y)
            await touch(session, "touchEnd")
        await page.stands(one, column)


async def test_the_menu_and_every_page_are_two_taps_on_a_phone(
    company: Company, desks: Desks
) -> None:
    page, (one,) = await board(
        company, desks, 1, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    )
    await page.page.locator(f"#c{one} .mv").tap()
    await page.page.locator("#menu button", has_text=NEXT).tap()
    await page.stands(one, NEXT)
    await page.page.locator(".nav .rest").tap()
    await page.page.locator("#far a[href='/clients']").tap()
    await page.page.wait_for_url("**/clients")


async def test_an_answer_that_comes_late_does_not_overwrite_a_newer_one(
    company: Company, desks: Desks
) -> None:
    page, (one,) = await board(company, desks, 1)
    held, released = asyncio.Event(), asyncio.Event()

    async def hold_the_first(route: Route) -> None:
        if held.is_set():
            await route.continue_()
            return
        old = await route.fetch()
        held.set()
        await released.wait()
        await route.fulfill(response=old)

    await page.page.route("**/patch?*", hold_the_first)
    await moved(company, one, "negotiation")
    await held.wait()
    await moved(company, one, "invoice")
    await page.stands(one, "Invoice")
    async with page.page.expect_event("requestfinished", lambda sent: "/patch" in sent.url):
        released.set()
    await page.page.evaluate(GATHERED)
    await page.stands(one, "Invoice")


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}])
async def test_boards_are_for_everybody(
    company: Company, desks: Desks, look: dict[str, Any]
) -> None:
    page, (one,) = await board(company, desks, 1, **look)
    page.desk.refused(422)
    assert await violations(page.page) == []
    await page.page.locator(f"#c{one} .t a").focus()
    await page.page.keyboard.press("m")
    await page.page.keyboard.type(LOST[0])
    await page.page.keyboard.press("Enter")
    await page.desk.until("() => document.querySelector('#dlg[open] form')")
    assert await violations(page.page) == []
    for path in ("/leads", "/renewals?view=date", "/deals?view=list"):
        await page.page.goto(path)
        assert await violations(page.page) == []
