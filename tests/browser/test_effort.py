"""How much a person has to do for what is done all day: clicks, keys and drags are counted."""

from dataclasses import dataclass

import pytest
from playwright.async_api import expect

from tests.browser.boards import LOST, NEXT, BoardPage, board, opened
from tests.browser.conftest import Company
from tests.browser.desks import Desks
from tests.factories.tasks import new_task

pytestmark = pytest.mark.anyio
PHONE = {"width": 390, "height": 844}


@dataclass
class Hands:
    """A person at a board; typing of words is not counted."""

    page: BoardPage
    done: int = 0

    async def click(self, selector: str, text: str | None = None) -> None:
        self.done += 1
        await self.page.page.locator(selector, has_text=text).first.click()

    async def tap(self, selector: str, text: str | None = None) -> None:
        self.done += 1
        await self.page.page.locator(selector, has_text=text).first.tap()

    async def press(self, key: str) -> None:
        self.done += 1
        await self.page.page.keyboard.press(key)

    async def drag(self, card: int, column: str) -> None:
        self.done += 1
        await self.page.drag(card, column)


async def test_a_card_moves_by_one_drag_and_comes_back_by_one_click(
    company: Company, desks: Desks
) -> None:
    page, (one,) = await board(company, desks, 1)
    first, hands = await page.first(), Hands(page)
    await hands.drag(one, NEXT)
    await page.stands(one, NEXT)
    assert hands.done == 1
    await hands.click("#toasts [data-undo]")
    await page.stands(one, first)
    assert hands.done == 2


async def test_a_card_moves_by_one_chord_or_by_three_keys(company: Company, desks: Desks) -> None:
    page, (one,) = await board(company, desks, 1)
    columns = list(await page.standing())
    at, hands = columns.index(await page.first()), Hands(page)
    await page.page.locator(f"#c{one} .t a").focus()
    await hands.press("Alt+ArrowRight")
    await page.stands(one, columns[at + 1])
    assert hands.done == 1
    hands.done = 0
    for key in ("m", "ArrowDown", "Enter"):
        await hands.press(key)
    await page.stands(one, [name for name in columns if name != columns[at + 1]][1])
    assert hands.done == 3


async def test_a_card_moves_by_two_taps_on_a_phone(company: Company, desks: Desks) -> None:
    page, (one,) = await board(company, desks, 1, has_touch=True, is_mobile=True, viewport=PHONE)
    hands = Hands(page)
    await hands.tap(f"#c{one} .mv")
    await hands.tap("#menu button", NEXT)
    await page.stands(one, NEXT)
    assert hands.done == 2


async def test_a_loss_takes_a_drag_a_reason_and_a_word(company: Company, desks: Desks) -> None:
    page, (one,) = await board(company, desks, 1, viewport={"width": 2400, "height": 900})
    page.desk.refused(422)
    hands = Hands(page)
    await hands.drag(one, LOST)
    await hands.click("#dlg .opt")
    await page.page.locator("#dlg textarea").fill("Too dear")  # typed
    await hands.click("#dlg button.danger")
    await page.stands(one, LOST)
    assert hands.done == 3


async def test_a_task_is_done_and_the_next_set_by_two(company: Company, desks: Desks) -> None:
    """From the card."""
    page, (one,) = await board(company, desks, 1)
    await new_task(company.manager, card_id=one, title="Ask for the estimate")
    await page.page.locator(f"#c{one} .t a").click()
    await expect(page.page.locator("#drawer .todo")).to_contain_text("Ask for the estimate")
    hands = Hands(page)
    await hands.click("#drawer .todo button.primary", "Done")
    await expect(page.page.locator("#drawer .next")).to_contain_text("Next step?")
    await hands.press("Enter")
    await expect(page.page.locator("#drawer .todo")).not_to_contain_text("estimate")
    assert hands.done == 2


async def test_a_deal_is_added_by_one_key_words_and_enter(company: Company, desks: Desks) -> None:
    desk = await desks.sit(company.email("manager"))
    page = await opened(desk, "/deals")
    hands = Hands(page)
    await hands.click("[data-new]")
    await page.page.keyboard.type("Effortless Ltd")
    await page.page.keyboard.press("Tab")
    await page.page.keyboard.type("Twelve seats")
    await hands.press("Enter")
    await expect(page.page.locator(".card .t", has_text="Effortless Ltd")).to_be_visible()
    assert hands.done == 2


async def test_what_went_quiet_is_one_click_and_a_view_is_its_address(
    company: Company, desks: Desks
) -> None:
    page, (one,) = await board(company, desks, 1)
    hands = Hands(page)
    await hands.click("label.chip", "Without a task")
    await page.desk.until("() => location.search.includes('flag=notask')")
    await expect(page.page.locator(f"#c{one}")).to_be_visible()
    assert hands.done == 1
    shared = page.page.url.removeprefix(desks.address)
    head = await opened(await desks.sit(company.email("head")), shared)
    assert await head.standing() == await page.standing()


async def test_a_renewal_is_won_by_a_drag_and_a_key(company: Company, desks: Desks) -> None:
    """The next one is proposed and Enter says yes; none at all takes a reason."""
    people = company.manager
    client = (await people.post("/clients", {"name": "Renewing"})).json()["id"]
    body = {"client_id": client, "amount": "10", "renewal_date": "2027-01-31", "period": "P1M"}
    made = [(await people.post("/renewals", body)).json()["id"] for _ in range(2)]
    for one in made:
        assert (await people.post(f"/renewals/{one}/activate", {}, 1)).status_code == 200
    desk = await desks.sit(company.email("manager"), viewport={"width": 1600, "height": 900})
    desk.refused(422)
    page = await opened(desk, "/renewals?q=Renewing")
    hands = Hands(page)
    await hands.drag(made[0], "Payment received")
    await expect(desk.page.locator("#dlg")).to_contain_text("28 Feb 2027")
    await hands.press("Enter")
    await page.stands(made[0], "Payment received")
    assert hands.done == 2
    await hands.drag(made[1], "Payment received")
    await hands.click("#dlg summary", "No further renewal")
    await desk.page.locator("#dlg [name=end_reason_id]").select_option(label="One-off purchase")
    await hands.click("#dlg button.primary")
    await page.stands(made[1], "Payment received")
    told = [(await people.get(f"/renewals/{one}")).json() for one in made]
    assert [one["state"] for one in told] == ["won", "won"]
    assert [one["next_id"] is None for one in told] == [False, True]
