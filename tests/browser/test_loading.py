"""Cards from a file, in the dialog of an empty board."""

import pytest
from playwright.async_api import FilePayload, expect

from tests.browser import axe
from tests.browser.conftest import Company
from tests.browser.desks import Desks
from tests.factories.pipelines import new_pipeline

pytestmark = pytest.mark.anyio

ROWS = "client,title,amount\nLoaded,Twelve seats,100\nLoaded,Chairs,dear\n"


async def test_a_file_is_tried_and_then_loaded(company: Company, desks: Desks) -> None:
    await new_pipeline(company.office, "filed", ("new",))
    desk = await desks.sit(company.email("manager"), "/deals?p=filed")
    page = desk.page
    await page.get_by_role("button", name="Load from a file").click()
    dialog = page.locator("#dlg")
    await expect(dialog.locator("h1")).to_have_text("Load from a file")
    assert await axe.violations(page) == []
    file = FilePayload(name="cards.csv", mimeType="text/csv", buffer=ROWS.encode())
    await dialog.locator("input[type=file]").set_input_files(file)
    await dialog.get_by_role("button", name="Try it first").click()
    outcome = dialog.locator("#outcome")
    await expect(outcome).to_contain_text("line 3, amount: “dear” is not a number")
    await expect(page.locator(".card")).to_have_count(0)
    await outcome.get_by_role("button", name="Load 1 card").click()
    await expect(outcome).to_contain_text("1 card is loaded.")
    await outcome.get_by_role("link", name="To the board").click()
    await expect(page.locator(".card .t")).to_have_text("Loaded")
