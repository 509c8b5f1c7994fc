"""A board in a browser: where cards stand, and the ways to move them."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.conftest import Company
from tests.browser.desks import Desk, Desks
from tests.factories.cards import new_deal

NEXT, LOST = "Negotiation", "Lost"

STANDING = """() => Object.fromEntries([...document.querySelectorAll('.col')].map((col) => [
  col.querySelector('h2').textContent,
  [...col.querySelectorAll('.card')].map((card) => Number(card.id.slice(1)))]))"""

# Whose changes the page was told of. When `GATHERED` has passed as well, it has asked about them,
# or never will: timers of one page run in their order.
SIGNALS = """() => { window.told = [];
  document.getElementById('live')?.addEventListener('cards', ({ detail }) =>
    window.told.push(...JSON.parse(detail.data).map(([id]) => id))) }"""
GATHERED = "() => new Promise((done) => setTimeout(done, 150))"


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

    async def stands(self, card: int, column: str, within: float = 30.0) -> None:
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

    async def lift(self, card: int, column: str, below: float = 60, steps: int = 10) -> None:
        """Take a card by the mouse and hold it over a column, after some steps of the mouse."""
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
        await self.page.mouse.move(goal["x"], goal["y"] + below, steps=steps)

    async def drag(self, card: int, column: str) -> None:
        await self.lift(card, column)
        await self.page.mouse.up()

    async def says(self, words: str) -> None:
        """Wait for a toast with these words."""
        await expect(self.page.locator("#toasts .toast span", has_text=words).last).to_be_visible()

    async def focuses(self, card: int) -> None:
        """Wait until a card has the focus."""
        await self.desk.until(
            "(id) => document.activeElement.closest('.card')?.id === 'c' + id", card
        )

    async def hears(self, *cards: int) -> None:
        """Wait until the page was told of changes, and has asked about them if it ever will."""
        await self.desk.until("(ids) => ids.every((id) => window.told.includes(id))", list(cards))
        await self.page.evaluate(GATHERED)

    async def first(self) -> str:
        """The first column that has cards."""
        return next(name for name, cards in (await self.standing()).items() if cards)

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
    await desk.page.evaluate(SIGNALS)
    return BoardPage(desk)


async def deals(company: Company, count: int) -> list[int]:
    """Deals of the manager, alone on his board for one client."""
    name = f"Client {asyncio.get_running_loop().time()}"
    client = await company.office.client(company.manager, name)
    made = [
        await new_deal(company.manager, client_id=client, amount=Decimal(5)) for _ in range(count)
    ]
    return [one["id"] for one in made]


async def moved(company: Company, deal: int, stage: str) -> None:
    """A colleague moves it."""
    found = (await company.admin.get(f"/deals/{deal}")).json()
    reply = await company.admin.post(f"/deals/{deal}/move", {"stage": stage}, found["version"])
    assert reply.status_code == 200, reply.text


async def board(
    company: Company, desks: Desks, count: int, **options: Any
) -> tuple[BoardPage, list[int]]:
    """The manager's board with nothing on it but some new deals."""
    ids = await deals(company, count)
    desk = await desks.sit(company.email("manager"), **options)
    name = (await company.manager.get(f"/deals/{ids[0]}")).json()["client_name"]
    return await opened(desk, f"/deals?q={name}"), ids
