"""Clients in a browser: written in place, their people and doubles in dialogs; lines of a deal."""

import pytest
from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import Company
from tests.browser.desks import Desks
from tests.factories.cards import new_deal

pytestmark = pytest.mark.anyio


async def test_a_client_is_written_in_place_and_his_double_found(
    company: Company, desks: Desks
) -> None:
    acme = await company.office.client(company.manager, "Clerk Ltd")
    await company.office.client(company.manager, "Shopkeeper Ltd")
    desk = await desks.sit(company.email("manager"), f"/clients/{acme}")
    page, phone = desk.page, desk.page.locator("#f-phone")
    await phone.locator("button[title]").click()
    await expect(phone.locator("input[name=value]")).to_be_focused()
    await page.keyboard.type("+7 900 1")
    await page.keyboard.press("Enter")
    await expect(phone.locator("button[title]")).to_contain_text("+7 900 1")
    await expect(phone.locator("button[title]")).to_be_focused()
    await expect(page.locator("#line")).to_contain_text("Phone – → +7 900 1")
    await page.keyboard.press("Enter")
    await expect(phone.locator("input[name=value]")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(phone.locator("button[title]")).to_be_focused()
    note = page.locator(".composer textarea")
    await note.fill("Prefers letters")
    await page.locator(".composer .btn").press("Enter")
    await expect(page.locator("#line")).to_contain_text("Prefers letters")
    await expect(note).to_have_value("")
    await page.get_by_role("button", name="Add a contact").click()
    await page.locator("#dlg [name=name]").fill("Vera Orlova")
    assert await violations(page) == []
    await page.keyboard.press("Enter")
    await expect(page.locator("aside")).to_contain_text("Vera Orlova")
    await expect(page.locator("#dlg")).to_be_hidden()
    await page.get_by_role("button", name="Change: Vera Orlova").click()
    await page.locator("#dlg").get_by_role("button", name="Delete").click()
    await expect(page.locator("aside")).not_to_contain_text("Vera Orlova")
    await page.locator("#toasts [data-undo]").last.click()
    await expect(page.locator("aside")).to_contain_text("Vera Orlova")
    await page.get_by_role("button", name="Merge a double").click()
    await page.locator("#dlg [name=q]").fill("shopk")
    await page.locator("#dlg .opt", has_text="Shopkeeper").click()
    assert await violations(page) == []
    await page.locator("#dlg .primary").click()
    await expect(page.locator("#toasts")).to_contain_text("The two are one client now")


async def test_a_line_is_added_changed_and_taken_out(company: Company, desks: Desks) -> None:
    for name in ("Chair", "Seat of a client"):
        made = await company.admin.post("/products", {"name": name, "price": "100"})
        assert made.status_code == 201, made.text
    client = await company.office.client(company.manager, "Liner Ltd")
    deal = await new_deal(company.manager, client_id=client)
    desk = await desks.sit(company.email("manager"), f"/deals/{deal['id']}")
    page, lines = desk.page, desk.page.locator("aside .beside").first
    await page.get_by_role("button", name="Add a line").click()
    await page.locator("#dlg [name=q]").fill("of a client")
    await expect(page.locator("#dlg .opt", has_text="Chair")).to_have_count(0)
    await page.locator("#dlg .opt", has_text="Seat of a client").first.click()
    await page.locator("#dlg [name=quantity]").fill("3")
    assert await violations(page) == []
    await page.keyboard.press("Enter")
    await expect(page.locator("#dlg")).to_be_hidden()
    await expect(lines).to_contain_text("3 × 100")
    await lines.get_by_role("button", name="Change").click()
    await page.locator("#dlg [name=price]").fill("90,50")
    await page.locator("#dlg .primary").click()
    await expect(lines).to_contain_text("3 × 90.50")
    await expect(page.locator("aside")).to_contain_text("271.50")
    await lines.get_by_role("button", name="Change").click()
    await page.get_by_role("button", name="Take it out").click()
    await expect(lines).to_contain_text("No lines yet")


async def test_a_client_given_away_is_taken_back_where_he_was(
    company: Company, desks: Desks
) -> None:
    given = await company.office.client(company.manager, "Given Ltd")
    deal = await new_deal(company.manager, client_id=given)
    desk = await desks.sit(company.email("manager"), f"/clients/{given}")
    page, name = desk.page, desk.page.locator("#card h1")
    for way in (page.locator("#toasts").get_by_role("button", name="Undo"),
                page.get_by_role("button", name="Take it back")):  # fmt: skip
        await page.locator("#card").get_by_role("button", name="Hand over").click()
        dialog = page.locator("#dlg")
        await dialog.locator("select").select_option(str(company.rival.id))
        await dialog.get_by_role("button", name="Hand over").click()
        await expect(name).to_have_text("Handed over")
        await way.click()
        await expect(name).to_have_text("Given Ltd")
    found = (await company.manager.get(f"/deals/{deal['id']}")).json()
    assert found["owner_id"] == company.manager.id
