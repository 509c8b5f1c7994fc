"""The pictures of `docs/pictures`: every whole page and scene of the demo, as somebody sees it.

The demo has one seed and one instant, so that the same code gives the same pictures.
`make pictures ARGS=deals` takes only those whose name holds a word.
"""

import argparse
import asyncio
import base64
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext

from tests.browser import chromium
from tests.browser.scenes import Scene
from tests.browser.stage import PEOPLE, Locale, Stage, fill, served
from tests.browser.visits import looking, played, tours

PLACE = Path(__file__).parents[1] / "docs" / "pictures"
AIM = {"format": "webp", "quality": 40}
MOST = 6 * 1024 * 1024  # bytes of all of them
# The cards behind a report's number look alike: those of one report stand for all.
ALIKE = re.compile(r"reports-(?!funnel).+-cards")
# A caret blinks, and no two pictures would be the same.
BLUR = "() => document.activeElement?.matches('input, textarea') && document.activeElement.blur()"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make pictures", description=__doc__)
    parser.add_argument("word", nargs="?", default="", help="a part of their names")
    word = parser.parse_args().word
    PLACE.mkdir(exist_ok=True)
    before = {file for file in PLACE.iterdir() if word in file.name}
    with tempfile.TemporaryDirectory(prefix="voronka-pictures-") as scratch:
        url = f"sqlite+aiosqlite:///{Path(scratch, 'demo.db')}"
        asyncio.run(fill(url, share=1.0))
        taken = asyncio.run(take(url, word))
    for file in before - taken:  # of what is no more
        file.unlink()
    sizes = [file.stat().st_size for file in PLACE.iterdir()]
    print(f"{len(sizes)} pictures, {sum(sizes):,} bytes of {MOST:,}")  # noqa: T201
    return int(sum(sizes) > MOST)


async def take(url: str, word: str) -> set[Path]:
    """Take the pictures whose name holds a word."""
    taken = set()
    async with served(url) as stage, chromium.running() as browser:
        for locale in PEOPLE:
            async for state, scenes in tours(browser, stage, locale):
                async for file in _tour(browser, stage, locale, word, state, scenes):
                    taken.add(file)
    return taken


async def _tour(
    browser: Browser, stage: Stage, locale: Locale, word: str, state: Any, scenes: dict[str, Scene]
) -> AsyncIterator[Path]:
    """What somebody sees of all that is no twin of another page; a stranger is without `state`."""
    scenes = {name: scene for name, scene in scenes.items() if not ALIKE.fullmatch(name)}
    for look in dict.fromkeys(look for scene in scenes.values() for look in scene.looks):
        async with looking(browser, stage, locale, look, state) as context:
            for name, scene in scenes.items():
                file = PLACE / f"{name}-{look.name}-{locale}.webp"
                if look in scene.looks and word in file.name:
                    await asyncio.to_thread(file.write_bytes, await _shot(context, scene))
                    yield file


async def _shot(context: BrowserContext, scene: Scene) -> bytes:
    async with played(context, scene) as page:
        await page.evaluate(BLUR)
        eye = await context.new_cdp_session(page)
        return base64.b64decode((await eye.send("Page.captureScreenshot", AIM))["data"])


if __name__ == "__main__":
    sys.exit(main())
