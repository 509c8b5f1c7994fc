"""Going round the product over the demo company: who looks and how, and when all is drawn."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser import whole
from tests.browser.desks import PASSWORD
from tests.browser.scenes import SCENES, Look, Scene, scene_of
from tests.browser.stage import PEOPLE, SELLERS, Locale, Stage

DRAWN = """() => document.readyState === 'complete' && !document.querySelector('.htmx-request')
  && document.getElementById('n-stale')?.textContent !== ''"""


async def tours(
    browser: Browser, stage: Stage, locale: Locale
) -> AsyncIterator[tuple[Any, dict[str, Scene]]]:
    """Who goes round the product, as the state of his browser, and what he looks at.

    A stranger and an admin go everywhere; the day of a seller is his who has work to do.
    """
    yield None, await _scenes(stage, None)
    admin = await _signed_in(browser, stage, locale, PEOPLE[locale][0])
    found = await _scenes(stage, admin)
    day = {"today": found.pop("today")}
    yield admin, found | SCENES
    yield await _signed_in(browser, stage, locale, SELLERS[locale]), day


async def _scenes(stage: Stage, state: Any) -> dict[str, Scene]:
    return {name: scene_of(path) for name, path in (await whole.pages(stage, state)).items()}


async def _signed_in(browser: Browser, stage: Stage, locale: Locale, email: str) -> Any:
    """The state of a browser in which somebody has signed in."""
    context = await browser.new_context(base_url=stage.address, locale=locale)
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.locator("[name=email]").fill(email)
    await page.locator("[name=password]").fill(PASSWORD)
    await page.locator(".sign .primary").click()
    await expect(page.locator(".nav")).to_be_visible()
    state = await context.storage_state()
    await context.close()
    return state


@contextlib.asynccontextmanager
async def looking(
    browser: Browser, stage: Stage, locale: Locale, look: Look, state: Any = None
) -> AsyncIterator[BrowserContext]:
    """A browser of somebody with a language and a look; without `state` a stranger's."""
    context = await browser.new_context(
        base_url=stage.address, locale=locale, storage_state=state, reduced_motion="reduce",
        viewport={"width": look.width, "height": look.height}, has_touch=look.width < 720,
    )  # fmt: skip
    wishes = {"voronka-theme": look.theme, "voronka-density": "compact" if look.compact else ""}
    await context.add_cookies(
        [{"name": name, "value": value, "url": stage.address} for name, value in wishes.items()]
    )
    try:
        yield context
    finally:
        await context.close()


@contextlib.asynccontextmanager
async def played(context: BrowserContext, scene: Scene) -> AsyncIterator[Page]:
    """A page on which a scene has come to its end."""
    page = await context.new_page()
    try:
        await page.goto(scene.path)
        await _drawn(page)
        if scene.act is not None:
            await scene.act(page)
            await _drawn(page)
        yield page
    finally:
        await page.close()


async def _drawn(page: Page, within: float = 15.0) -> None:
    """Wait until everything that a page asks for by itself has come."""
    end = time.monotonic() + within
    while not await page.evaluate(DRAWN):
        assert time.monotonic() < end, f"{page.url} is never drawn"
        await asyncio.sleep(0.02)
