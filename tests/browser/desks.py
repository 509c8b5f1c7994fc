"""Somebody at a browser: signed in, watched for whatever a page should not have said."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Response,
    expect,
)

PASSWORD = "a long enough passphrase"
STATUS = re.compile(r"Failed to load resource: the server responded with a status of (\d{3})")
WIDE = {"width": 1440, "height": 900}

expect.set_options(timeout=30_000)


@dataclass
class Desk:
    """A person's browser with its page.

    What goes wrong in it fails the test at its end: errors of scripts and of the console, broken
    rules of the content security policy, answers of 4xx that were not announced by `refused`.
    """

    name: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    deliberate: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.watch(self.page)

    def watch(self, page: Page) -> None:
        """Listen to one more page of the same person."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("response", self._answered)

    def refused(self, *statuses: int) -> None:
        """Say that answers of these statuses are what the test is about."""
        self.deliberate |= set(statuses)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not STATUS.match(message.text):
            self.complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.deliberate:
            asked = f"{response.request.method} {response.url}"
            self.complaints.append(f"{response.status} for {asked}")

    async def until(self, expression: str, argument: Any = None, within: float = 30.0) -> Any:
        """What an expression gives once it is truthy.

        Asked again and again from outside: the pages' policy lets nothing wait inside them.
        """
        end = time.monotonic() + within
        while not (found := await self._asked(expression, argument)):
            assert time.monotonic() < end, f"never so: {expression}"
            await asyncio.sleep(0.02)
        return found

    async def _asked(self, expression: str, argument: Any) -> Any:
        """What a page says; nothing where it is just being left for another one."""
        try:
            return await self.page.evaluate(expression, argument)
        except Error as error:
            if "context was destroyed" not in error.message:
                raise
            return None


@dataclass
class Desks:
    """The browsers of one test."""

    browser: Browser
    address: str
    sessions: dict[str, Any]  # who has signed in already, over all tests
    open: list[Desk] = field(default_factory=list)

    async def sit(self, email: str, path: str = "", **options: Any) -> Desk:
        """A person signed in, at an address of the product."""
        given = {"viewport": WIDE, "locale": "en-GB", "reduced_motion": "reduce", **options}
        if email not in self.sessions:
            self.sessions[email] = await self._sign_in(email, given)
        context = await self.browser.new_context(
            base_url=self.address, storage_state=self.sessions[email], **given
        )
        desk = Desk(email, context, await context.new_page())
        self.open.append(desk)
        if path:
            await desk.page.goto(path)
        return desk

    async def stranger(self, path: str = "", **options: Any) -> Desk:
        """Somebody who has not signed in."""
        given = {"viewport": WIDE, "locale": "en-GB", **options}
        context = await self.browser.new_context(base_url=self.address, **given)
        desk = Desk("stranger", context, await context.new_page())
        self.open.append(desk)
        if path:
            await desk.page.goto(path)
        return desk

    async def _sign_in(self, email: str, options: dict[str, Any]) -> Any:
        context = await self.browser.new_context(base_url=self.address, **options)
        page = await context.new_page()
        await page.goto("/sign-in")
        await page.locator("input[type=email]").fill(email)
        await page.locator("input[type=password]").fill(PASSWORD)
        await page.locator("form:has(input[type=password]) button:not([type=button])").click()
        await expect(page.locator("input[type=password]")).to_have_count(0)
        state = await context.storage_state()
        await context.close()
        return state

    async def leave(self) -> list[str]:
        """Close every browser; what was complained of in them."""
        for desk in self.open:
            await desk.context.close()
        return [f"{desk.name}: {words}" for desk in self.open for words in desk.complaints]
