"""The page of a day by the keyboard alone: ticked, a next step made, put off, taken back."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from tests.browser import axe
from tests.browser.conftest import Company
from tests.browser.desks import Desk, Desks
from tests.factories.cards import new_deal
from tests.factories.tasks import new_task

pytestmark = pytest.mark.anyio
LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390),
)  # fmt: skip


async def planned(company: Company) -> list[int]:
    """Two tasks that are late, of which the first is about a card that is worth something."""
    client = await company.office.client(company.manager, "Northern Wind")
    deal = await new_deal(company.manager, client_id=client, title="Twelve seats", amount="4300000")
    late = datetime.now(UTC) - timedelta(days=2)
    return [
        (await new_task(company.manager, title=title, due_at=late + timedelta(hours=n), **about))[
            "id"
        ]
        for n, (title, about) in enumerate(
            (("Chase the reply", {"card_id": deal["id"]}), ("Send it", {"client_id": client}))
        )
    ]


async def pressed(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def tidy(desk: Desk) -> None:
    """No complaint of axe in either look, wide or on a phone, and nothing sticks out there."""
    for scheme, width in LOOKS:
        await desk.page.emulate_media(color_scheme=scheme)
        await desk.page.set_viewport_size({"width": width, "height": 800})
        assert await axe.violations(desk.page) == [], (scheme, width)
        fits = "() => document.querySelector('main').scrollWidth <= innerWidth"
        assert await desk.page.evaluate(fits), (scheme, width)


async def test_a_day_by_the_keyboard(company: Company, desks: Desks) -> None:
    first, second = await planned(company)
    desk = await desks.sit(company.email("manager"), "/today")
    page = desk.page
    await desk.until("() => document.title.startsWith('(')")
    count = int((await page.title()).partition(")")[0][1:])  # late ones and those of the day
    late = int(await page.locator("#n-late").inner_text())
    await page.locator(f"#t{first} .tick").focus()
    await pressed(page, "Enter")
    row = page.locator(f"#t{first}")
    await expect(row.get_by_text("Next step?")).to_be_visible()
    await expect(row.get_by_role("button", name="Tomorrow")).to_be_focused()
    await desk.until("n => document.title === `(${n}) Today · Voronka`", count - 1)
    await expect(page.locator("#n-late")).to_have_text(str(late - 1))
    await pressed(page, "Enter")
    await expect(row).to_contain_text("Next step: Call")
    await expect(row).to_be_focused()
    other = page.locator(f"#t{second}")
    await other.get_by_role("button", name="Snooze").focus()
    await pressed(page, "Enter")
    menu = other.locator("[popover]")
    await expect(menu.get_by_role("button", name="For an hour")).to_be_focused()
    await pressed(page, "Escape")
    await expect(menu).to_be_hidden()
    await expect(other.get_by_role("button", name="Snooze")).to_be_focused()
    await pressed(page, "Enter")
    await expect(menu.get_by_role("button", name="For an hour")).to_be_focused()
    await pressed(page, "Tab", "Enter")
    await expect(other).to_contain_text("Put off till")
    await expect(other).to_be_focused()
    await pressed(page, "Tab", "Enter")
    await expect(other.locator(".tick")).to_be_focused()
    await desk.until("n => document.title === `(${n}) Today · Voronka`", count - 1)
    tasks = (await company.manager.get("/tasks", done=False, limit=200)).json()["items"]
    assert second in [one["id"] for one in tasks]
    assert "Call" in [one["title"] for one in tasks]
    await tidy(desk)
