"""A card over its board and as a page: the way back, fields, keys, the stage's own dialog."""

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser import axe
from tests.browser.conftest import Company
from tests.browser.desks import Desk, Desks
from tests.factories.cards import new_deal, new_lead, new_renewal
from tests.factories.tasks import new_task

pytestmark = pytest.mark.anyio


async def with_a_card(company: Company, name: str) -> dict[str, Any]:
    client = await company.office.client(company.manager, name)
    return await new_deal(company.manager, client_id=client, title="Twelve seats", amount="4300000")


async def drawer_of(company: Company, desks: Desks, deal: dict[str, Any]) -> tuple[Desk, Locator]:
    """The card opened by a click on its board."""
    desk = await desks.sit(company.email("manager"), f"/deals?q={deal['client_name']}")
    await desk.page.locator(f"#c{deal['id']} .t a").click()
    drawer = desk.page.locator("#drawer")
    await expect(drawer.locator("h1")).to_have_text(deal["client_name"])
    return desk, drawer


async def test_the_drawer_has_its_place_in_the_history(company: Company, desks: Desks) -> None:
    """Back and Esc close it and ask the server nothing; its address is a page of its own."""
    deal = await with_a_card(company, "Drawer")
    desk, drawer = await drawer_of(company, desks, deal)
    page, path = desk.page, f"/deals/{deal['id']}"
    assert page.url.endswith(path)
    box = await drawer.bounding_box()
    assert box is not None
    assert box["width"] == 760
    assert await axe.violations(page) == []
    asked: list[str] = []
    of_pages = ("document", "fetch", "xhr")
    page.on("request", lambda one: asked.append(one.url) if one.resource_type in of_pages else None)
    for close in (page.go_back, lambda: page.keyboard.press("Escape")):
        await close()
        await expect(drawer).to_be_hidden()
        await desk.until("() => location.pathname === '/deals'")
        assert [one for one in asked if "/patch" not in one and "/figures" not in one] == []
        await page.locator(f"#c{deal['id']} .t a").click()
        await expect(drawer.locator("h1")).to_be_visible()
        asked.clear()
    await page.keyboard.press("Escape")
    await desk.until("() => location.pathname === '/deals'")
    await page.go_forward()
    await expect(page.locator("main h1")).to_have_text("Drawer")
    assert page.url.endswith(path)
    await expect(page.locator("#drawer")).to_be_hidden()


async def test_a_field_is_written_in_its_place(company: Company, desks: Desks) -> None:
    deal = await with_a_card(company, "Fields")
    desk, drawer = await drawer_of(company, desks, deal)
    desk.refused(422)
    amount, page = drawer.locator("#f-amount"), desk.page
    await amount.locator("button[title]").click()
    await expect(amount.locator("input[name=value]")).to_be_focused()
    await amount.locator("input[name=value]").fill("nonsense")
    await page.keyboard.press("Escape")
    await expect(amount.locator("button[title]")).to_contain_text("4,300,000 ₽")
    await expect(amount.locator("button[title]")).to_be_focused()
    await expect(drawer).to_be_visible()
    await amount.locator("button[title]").click()
    await amount.locator("input[name=value]").fill("nonsense")
    await page.keyboard.press("Enter")
    await expect(amount.locator("[role=alert]")).to_be_visible()
    await expect(amount.locator("input[name=value]")).to_have_value("nonsense")
    await amount.locator("input[name=value]").fill("5 000 000")
    await page.keyboard.press("Enter")
    await expect(amount.locator("button[title]")).to_contain_text("5,000,000 ₽")
    await expect(amount.locator("button[title]")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator(f"#c{deal['id']} .m b")).to_have_text("5.0M ₽")
    await expect(page.locator(f"#c{deal['id']} .t a")).to_be_focused()  # drawn anew meanwhile


async def test_the_way_asks_what_the_board_asks(company: Company, desks: Desks) -> None:
    """A step is the same door: it asks for a reason in the same dialog, and can be taken back."""
    deal = await with_a_card(company, "Way")
    desk, drawer = await drawer_of(company, desks, deal)
    desk.refused(422)
    page, now = desk.page, drawer.locator(".steps [aria-current]")
    await drawer.locator(".steps button", has_text="Negotiation").click()
    await expect(now).to_have_text("Negotiation")
    await drawer.locator(".lose").click()
    dialog = page.locator("#dlg")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(now).to_have_text("Negotiation")
    await drawer.locator(".lose").click()
    await dialog.locator("input[type=radio]").first.check()
    await dialog.locator("textarea").fill("Too dear")  # the reason used most may need a comment
    await dialog.locator("button.danger").click()
    await expect(drawer.locator("header .tag.bad")).to_have_text("Lost")
    await drawer.locator("#line").get_by_role("button", name="Undo").click()
    await expect(now).to_have_text("Negotiation")


async def test_a_step_done_asks_for_the_next(company: Company, desks: Desks) -> None:
    deal = await with_a_card(company, "Steps")
    await new_task(company.manager, card_id=deal["id"], title="Ask for the estimate")
    desk, drawer = await drawer_of(company, desks, deal)
    panel = drawer.locator(".next")
    await panel.get_by_role("button", name="Done").click()
    await expect(panel).to_contain_text("Done. Next step?")
    await expect(panel.get_by_role("button", name="Call tomorrow")).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await expect(panel.locator(".todo")).to_have_count(1)
    await drawer.locator(".kinds label", has_text="Call").click()
    await drawer.locator(".composer textarea").fill("They <b>want</b> a discount")
    await drawer.locator(".composer select[name=direction]").select_option("in")
    await drawer.locator(".composer .btn").click()
    line = drawer.locator(".tl li").first
    await expect(line).to_contain_text("call from the client: They <b>want</b> a discount")


async def test_a_card_given_away_is_taken_back_where_it_was(company: Company, desks: Desks) -> None:
    """Who does not see it any more keeps the way back in its place, and in passing."""
    lead = await new_lead(company.manager, title="Given")
    desk = await desks.sit(company.email("manager"), "/leads?q=Given")
    page, card = desk.page, desk.page.locator(f"#c{lead['id']}")
    drawer = page.locator("#drawer")
    await card.locator(".t a").click()
    for way in (page.locator("#toasts").get_by_role("button", name="Undo"),
                drawer.get_by_role("button", name="Take it back")):  # fmt: skip
        await drawer.get_by_role("button", name="Hand over").click()
        dialog = page.locator("#dlg")
        await dialog.locator("select").select_option(str(company.rival.id))
        await dialog.get_by_role("button", name="Hand over").click()
        await expect(drawer.locator("h1")).to_have_text("Handed over")
        await way.click()
        await expect(drawer.locator("h1")).to_have_text("Given")
    await page.keyboard.press("Escape")
    await expect(card).to_be_visible()


@pytest.mark.parametrize("look", ["light", "dark"])
async def test_a_renewal_page_is_for_everybody(company: Company, desks: Desks, look: Any) -> None:
    client = await company.office.client(company.manager, f"Reader {look}")
    made = await new_renewal(company.manager, client_id=client)
    desk = await desks.sit(
        company.email("manager"), f"/renewals/{made['id']}", color_scheme=look,
        viewport={"width": 390, "height": 844},
    )  # fmt: skip
    await expect(desk.page.locator(".why .formula")).to_contain_text("1 month")
    assert await axe.violations(desk.page) == []
    across = "() => document.querySelector('main').scrollWidth <= innerWidth"
    assert await desk.page.evaluate(across)
