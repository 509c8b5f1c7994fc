"""A board in a browser: where cards stand, and the ways to move them."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

from tests.browser.desks import Desk

STANDING = """() => Object.fromEntries([...document.querySelectorAll('.col')].map((col) => [
  col.querySelector('h2').textContent,
  [...col.querySelectorAll('.card')].map((card) => Number(card.id.slice(1)))]))"""


@dataclass
class BoardPage:
    """The board that a desk has open."""

    desk: Desk

    @property
    def page(self) -> Page:
        return self.desk.page

    async def standing(self) -> dict[str, list[int]]:
        """The cards of each column, by its name."""
        found: dict[str, list[int]] = await self.page.evaluate(STANDING)
        return found

    async def stands(self, card: int, column: str, within: float = 10.0) -> None:
        """Wait until a card stands in a column and nothing is pending."""
        await self.desk.until(
            "([id, name]) => { const card = document.getElementById('c' + id);"
            " return card && !card.matches('.pending') && !card.closest('#inbox') &&"
            " card.closest('.col')?.querySelector('h2').textContent === name }",
            [card, column],
            within,
        )

    async def count(self, column: str) -> str:
        """The number in the head of a column."""
        return str(
            await self.page.evaluate(
                "(name) => [...document.querySelectorAll('.col')].find((col) =>"
                " col.querySelector('h2').textContent === name).querySelector('.n').textContent",
                column,
            )
        )

    async def lift(self, card: int, column: str, below: float = 60) -> None:
        """Take a card by the mouse and hold it over a column, in ten steps."""
        start = await self._middle(f"#c{card} .m")
        goal: dict[str, Any] = await self.page.evaluate(
            "(name) => { const box = [...document.querySelectorAll('.col')].find((col) =>"
            " col.querySelector('h2').textContent === name).querySelector('.cards')"
            ".getBoundingClientRect(); return { x: box.left + box.width / 2, y: box.top } }",
            column,
        )
        await self.page.mouse.move(*start)
        await self.page.mouse.down()
        await self.page.mouse.move(start[0] + 6, start[1] + 6)
        await self.page.mouse.move(goal["x"], goal["y"] + below, steps=10)

    async def drag(self, card: int, column: str) -> None:
        await self.lift(card, column)
        await self.page.mouse.up()

    async def toast(self) -> str:
        """What the newest toast says."""
        return str(
            await self.desk.until(
                "() => document.querySelector('#toasts .toast:last-child span')?.textContent"
            )
        )

    async def focused(self) -> int:
        """The card that has the focus."""
        return int(
            await self.page.evaluate(
                "() => document.activeElement.closest('.card')?.id.slice(1) ?? 0"
            )
        )

    async def _middle(self, selector: str) -> tuple[float, float]:
        box = await self.page.locator(selector).bounding_box()
        assert box is not None
        return box["x"] + 20, box["y"] + box["height"] / 2


async def opened(desk: Desk, path: str) -> BoardPage:
    """A board once it can be worked with."""
    await desk.page.goto(path)
    await desk.until(
        "() => window.Sortable && document.querySelector('.t a[tabindex=\"0\"], .nothing')"
    )
    return BoardPage(desk)
