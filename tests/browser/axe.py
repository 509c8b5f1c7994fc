"""What axe-core finds wrong with a page: WCAG 2.2 A and AA, and its best practices."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

SCRIPT = Path(__file__).parent / "vendor" / "axe.min.js"
RUN = "() => axe.run(document, {resultTypes: ['violations']})"


async def violations(page: Page) -> list[str]:
    """One line for each: the rule, what it is about, the first place where it is broken."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(SCRIPT.read_text())
    found: dict[str, Any] = await page.evaluate(RUN)
    return [
        f"{one['id']}: {one['help']}, {len(one['nodes'])} times: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
    ]
