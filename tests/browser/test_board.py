"""A day at the board: every answer to a move, by mouse, by keys, by menu; colleagues see it."""

import pytest
from playwright.async_api import expect

from tests.browser.boards import LOST, NEXT, board, moved, opened
from tests.browser.conftest import Company
from tests.browser.desks import Desks
from tests.factories.cards import new_offer

pytestmark = pytest.mark.anyio
BOOM = '<p id="facts">Boom</p>'  # what would take a place on the page
WIDER = {"width": 2400, "height": 900}


async def test_a_drop_lands_and_can_be_taken_back(company: Company, desks: Desks) -> None:
    page, (one, two, three) = await board(company, desks, 3)
    first = await page.first()
    await page.drag(two, NEXT)
    await page.stands(two, NEXT)
    assert (await page.standing())[first] == [one, three]
    assert (await page.count(first), await page.count(NEXT)) == ("2", "1")
    await page.says(NEXT)
    await page.focuses(two)
    await page.page.locator("#toasts [data-undo]").last.click()
    await page.stands(two, first)
    assert (await page.standing())[first] == [one, two, three]
    assert await page.count(NEXT) == "0"
    await page.desk.until("() => !document.querySelector('.asks')")  # what asked is gone


async def test_a_quick_hand_lands_too(company: Company, desks: Desks) -> None:
    """Whoever lets go at once after one jerk of the mouse has dropped the card all the same."""
    page, (one,) = await board(company, desks, 1)
    await page.lift(one, NEXT, steps=1)
    await page.page.mouse.up()
    await page.stands(one, NEXT)


async def test_escape_while_dragging_and_a_drop_outside_change_nothing(
    company: Company, desks: Desks
) -> None:
    page, (one, two) = await board(company, desks, 2)
    before = await page.standing()
    await page.lift(one, NEXT)
    await page.page.keyboard.press("Escape")
    await page.page.mouse.up()
    assert await page.standing() == before
    await page.lift(two, NEXT)
    await page.page.mouse.move(60, 600, steps=5)
    await page.page.mouse.up()
    assert await page.standing() == before
    assert (await company.admin.get(f"/deals/{one}")).json()["version"] == 1


async def test_a_loss_asks_for_the_reason(company: Company, desks: Desks) -> None:
    page, (one,) = await board(company, desks, 1, viewport=WIDER)
    page.desk.refused(422)
    first = await page.first()
    await page.drag(one, LOST)
    await page.desk.until("() => document.querySelector('#dlg[open] input[name=reason_id]')")
    await page.page.keyboard.press("Escape")
    await page.stands(one, first)
    await page.focuses(one)
    await page.drag(one, LOST)
    await page.desk.until("() => document.querySelector('#dlg[open] input[name=reason_id]')")
    await page.page.locator("#dlg button:not([type=button])").click()
    await page.desk.until("() => document.querySelector('#dlg[open] [role=alert]')")
    await page.page.locator("#dlg input[name=reason_id]").last.check()
    await page.page.locator("#dlg textarea").fill("Too dear")
    await page.page.locator("#dlg button:not([type=button])").click()
    await page.stands(one, LOST)
    await page.desk.until("() => !document.querySelector('#dlg').open")
    assert (await company.admin.get(f"/deals/{one}")).json()["state"] == "lost"


async def test_who_comes_second_sees_where_the_card_is(company: Company, desks: Desks) -> None:
    page, (one,) = await board(company, desks, 1)
    page.desk.refused(412)
    await page.page.evaluate("() => document.getElementById('live').remove()")
    await moved(company, one, "invoice")
    await page.drag(one, NEXT)
    await page.stands(one, "Invoice")
    await page.says("admin")


async def test_what_is_not_allowed_goes_back(company: Company, desks: Desks) -> None:
    page, (one,) = await board(company, desks, 1)
    first = await page.first()
    page.desk.refused(403)
    given = await company.admin.post(f"/deals/{one}/transfer", {"owner_id": company.rival.id}, 1)
    assert given.status_code == 200
    await page.page.evaluate("() => document.getElementById('live').remove()")
    await page.page.evaluate(f"() => {{ document.getElementById('c{one}').dataset.v = 2 }}")
    await page.drag(one, NEXT)
    await page.stands(one, first)
    assert await page.page.locator(f"#c{one}.fixed").count() == 1


async def test_a_rule_that_forbids_the_stage_puts_the_card_back(
    company: Company, desks: Desks
) -> None:
    client = await company.office.client(company.manager, "Ruled")
    offer = await new_offer(company.manager, client_id=client)
    desk = await desks.sit(company.email("manager"), viewport=WIDER)
    desk.refused(409)
    page = await opened(desk, "/offers?q=Ruled")
    first = await page.first()
    await page.drag(offer["id"], "Accepted")
    await page.says("does not lead to")
    await page.stands(offer["id"], first)
    assert (await company.manager.get(f"/offers/{offer['id']}")).json()["version"] == 1


async def test_a_failing_server_and_no_connection_put_the_card_back(
    company: Company, desks: Desks
) -> None:
    """The card can be sent again from the toast; without a connection nothing is even tried."""
    page, (one,) = await board(company, desks, 1)
    page.desk.refused(500)
    first = await page.first()
    await page.page.route("**/move?*", lambda route: route.fulfill(status=500, body=BOOM))
    await page.drag(one, NEXT)
    await page.stands(one, first)
    await page.says("Nothing was saved")
    await expect(page.page.locator("#facts")).not_to_contain_text("Boom")
    await page.page.unroute("**/move?*")
    await page.page.locator("#toasts [data-retry]").last.click()
    await page.stands(one, NEXT)
    await page.page.context.set_offline(True)
    await page.desk.until("() => !navigator.onLine")
    await page.drag(one, first)
    await page.stands(one, NEXT)
    await page.says("No connection")
    await page.page.context.set_offline(False)


async def test_everything_goes_by_keys(company: Company, desks: Desks) -> None:
    page, (one, two) = await board(company, desks, 2)
    first = await page.first()
    columns = list(await page.standing())
    second = columns[columns.index(first) + 1]
    await page.page.locator(f"#c{one} .t a").focus()
    await page.page.keyboard.press("ArrowDown")
    await page.focuses(two)
    await page.page.keyboard.press("Alt+ArrowUp")
    await page.desk.until(
        f"() => document.querySelector('#c{two}')?.nextElementSibling?.id === 'c{one}'"
    )
    await page.stands(two, first)
    await page.focuses(two)
    await page.page.keyboard.press("Alt+ArrowRight")
    await page.stands(two, second)
    await page.focuses(two)
    await page.page.keyboard.press("z")
    await page.stands(two, first)
    await page.page.keyboard.press("m")
    await page.desk.until("() => document.querySelector('#menu:popover-open')")
    await page.page.keyboard.press("Escape")
    await page.focuses(two)
    await page.page.keyboard.press("m")
    await page.page.keyboard.type(NEXT[0])
    await page.page.keyboard.press("Enter")
    await page.stands(two, NEXT)
    await page.focuses(two)


async def test_several_are_moved_at_once(company: Company, desks: Desks) -> None:
    page, ids = await board(company, desks, 3)
    first = await page.first()
    for one in ids[:2]:
        await page.page.locator(f"#c{one} .t a").focus()
        await page.page.keyboard.press("x")
    await page.page.locator("#bulk select").select_option(label=NEXT)
    for one in ids[:2]:
        await page.stands(one, NEXT)
    await page.page.locator("#toasts [data-undo]").last.click()
    for one in ids:
        await page.stands(one, first)


async def test_tasks_and_amounts_come_by_keys(company: Company, desks: Desks) -> None:
    page, ids = await board(company, desks, 2)
    send = page.page.locator("#dlg button:not([type=button])")
    await page.page.locator(f"#c{ids[0]} .t a").focus()
    await page.page.keyboard.press("t")
    await expect(page.page.locator("#dlg input[name=title]")).to_be_focused()
    await page.page.keyboard.type("Ring them")
    await page.page.keyboard.press("Enter")
    await expect(page.page.locator(f"#c{ids[0]} .k")).to_contain_text("Ring them")
    await page.focuses(ids[0])
    await expect(page.page.locator("#n-notask")).to_have_text("1")
    for one in ids:
        await page.page.locator(f"#c{one} .t a").focus()
        await page.page.keyboard.press("x")
    await page.page.locator("#bulk [data-many=task]").click()
    await page.page.locator("#dlg input[name=title]").fill("Write to them")
    await send.click()
    await expect(page.page.locator(f"#c{ids[1]} .k")).to_contain_text("Write to them")
    await expect(page.page.locator("#bulk")).to_be_hidden()
    await page.page.locator(f"#c{ids[1]} .t a").focus()
    await page.page.keyboard.press("e")
    await expect(page.page.locator("#drawer #f-amount input[name=value]")).to_be_focused()


async def test_a_colleague_sees_it_and_not_during_a_drag(company: Company, desks: Desks) -> None:
    page, (one, two) = await board(company, desks, 2)
    await moved(company, one, "negotiation")
    await page.stands(one, NEXT)
    assert await page.count(NEXT) == "1"
    await page.lift(two, NEXT)
    await moved(company, one, "invoice")
    await page.hears(one)
    assert one in (await page.standing())[NEXT]
    await page.page.keyboard.press("Escape")
    await page.page.mouse.up()
    await page.stands(one, "Invoice")


async def test_filters_live_in_the_address(company: Company, desks: Desks) -> None:
    page, (one,) = await board(company, desks, 1)
    await page.page.locator("#q").fill("nothing of the kind")
    await page.desk.until("() => document.querySelector('.nothing')")
    assert "q=nothing" in page.page.url
    await page.page.go_back()
    await page.desk.until(f"() => document.getElementById('c{one}')")


async def test_cards_are_added_one_after_the_other(company: Company, desks: Desks) -> None:
    """What is typed into the form is no command to the board, though it stands among its cards."""
    page, _ = await board(company, desks, 1)
    await page.page.goto("/deals")
    await page.desk.until("() => document.querySelector('.t a[tabindex=\"0\"]')")
    await page.page.keyboard.press("c")
    for subject in ("First", "Second"):
        await page.page.keyboard.type("Ready Ltd")
        await page.page.keyboard.press("Tab")
        await page.page.keyboard.type(subject)
        await page.page.keyboard.press("Tab")
        await page.page.keyboard.type("12 000,50")
        await page.page.keyboard.press("Enter")
        await page.desk.until(
            "(words) => [...document.querySelectorAll('li.card')].some((one) =>"
            " ['Ready Ltd', words, '12K'].every((part) => one.textContent.includes(part)))"
            " && document.activeElement.name === 'whom'",
            subject,
        )
    await page.page.keyboard.press("Escape")
    assert await page.page.locator(".new-card").count() == 0
