"""The Chromium or Chrome that the machine has, driven by Playwright; none is downloaded."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/usr/bin/chromium",
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
HOW = "the browser tests need Chromium or Chrome: apt-get install chromium (or set CHROMIUM=/path)"


class NoChromium(Exception):
    """There is no browser to drive; the message says in one line how to get one."""


def path() -> str:
    """Where the browser is; NoChromium."""
    named = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ([named] if named else NAMES))
    place = next(filter(None, found), None)
    if place is None and not named:
        place = next((place for place in PLACES if Path(place).exists()), None)
    if place is None:
        raise NoChromium(HOW)
    return place


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Browser]:
    """A browser of one's own, gone afterwards."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=path(), args=["--disable-dev-shm-usage", "--hide-scrollbars"]
        )
        try:
            yield browser
        finally:
            await browser.close()
