"""Every page and scene of the demo, in both themes, on a desk and on a phone."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.browser.axe import violations
from tests.browser.scenes import DARK, LIGHT, NIGHT, PHONE, Look
from tests.browser.stage import PEOPLE, Locale, Stage, fill, served
from tests.browser.visits import looking, played, tours

pytestmark = pytest.mark.anyio

# What is wider than the place it has, of the page itself and of what scrolls in it downwards.
WIDE = """() => [document.scrollingElement, ...document.querySelectorAll('main, main > .wrap')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1)
  .map((one) => `${one.nodeName} ${one.className}: ${one.scrollWidth} in ${one.clientWidth}`)"""


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('stage') / 'demo.db'}"
    await fill(url, share=0.1)
    async with served(url) as found:
        yield found


@pytest.mark.parametrize("locale", PEOPLE)
@pytest.mark.parametrize("look", [LIGHT, DARK, PHONE, NIGHT], ids=lambda look: look.name)
async def test_every_page_passes_axe_and_fits(
    browser: Browser, stage: Stage, look: Look, locale: Locale
) -> None:
    wrong: list[str] = []
    async for state, scenes in tours(browser, stage, locale):
        async with looking(browser, stage, locale, look, state) as context:
            for name, scene in scenes.items():
                async with played(context, scene) as page:
                    told = await violations(page) + await page.evaluate(WIDE)
                    wrong += [f"{name}: {line}" for line in told]
    assert wrong == []
