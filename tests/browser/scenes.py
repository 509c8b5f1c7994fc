"""What is to be looked at: whole pages, views of boards, and what opens over a page."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from playwright.async_api import Page, expect

from tests.browser.whole import KINDS

Act = Callable[[Page], Awaitable[None]]


class Look(NamedTuple):
    """How somebody looks at a page."""

    theme: str
    width: int
    height: int
    compact: bool = False

    @property
    def name(self) -> str:
        return f"{'compact' if self.compact else self.theme}-{self.width}"


LIGHT, DARK = Look("light", 1440, 900), Look("dark", 1440, 900)
PHONE, NIGHT = Look("light", 390, 844), Look("dark", 390, 844)
COMPACT = Look("light", 1366, 768, compact=True)
BOARD = (LIGHT, DARK, COMPACT, PHONE)
OVER = (LIGHT, DARK, PHONE)
PLAIN = (LIGHT, PHONE)


class Scene(NamedTuple):
    """An address, what is done there, and the looks it is pictured in."""

    path: str
    act: Act | None = None
    looks: tuple[Look, ...] = PLAIN


def scene_of(path: str) -> Scene:
    """A whole page as it opens."""
    return Scene(path, looks=BOARD if path.strip("/") in KINDS else PLAIN)


async def _drawer(page: Page) -> None:
    await page.locator(".card .t a").first.click()
    await expect(page.locator("#drawer .steps")).to_be_visible()


async def _menu(page: Page) -> None:
    card = page.locator(".card").first
    await card.hover()
    await card.locator(".mv").click()
    await expect(page.locator("#menu")).to_be_visible()


async def _reason(page: Page) -> None:
    await _menu(page)
    lost = await page.locator(".col:has([data-kind=lost]) h2").first.text_content()
    await page.get_by_role("menuitem", name=lost, exact=True).click()
    await expect(page.locator("#dlg[open]")).to_be_visible()
    await page.locator("#dlg .opt input").first.check()


async def _adding(page: Page) -> None:
    await page.locator("[data-new]").click()
    await expect(page.locator(".new-card")).to_be_visible()


async def _keys(page: Page) -> None:
    await page.keyboard.press("?")
    await expect(page.locator("#help")).to_be_visible()


SCENES = {
    "renewals-by-date": Scene("/renewals?view=date"),
    "deals-list": Scene("/deals?view=list"),
    "deals-nothing": Scene("/deals?q=nothing+of+this+name"),
    "deals-drawer": Scene("/deals", _drawer, OVER),
    "deals-menu": Scene("/deals", _menu, (PHONE,)),
    "deals-reason": Scene("/deals", _reason, OVER),
    "deals-adding": Scene("/deals", _adding, (PHONE,)),
    "keys": Scene("/deals", _keys, ()),
}
