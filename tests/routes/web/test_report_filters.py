"""What a report can be narrowed to, and what is kept on the way to another one."""

import html
import re
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import insert

from backend.db.models import product
from tests.office import Office
from tests.routes.api.funnels import Scene, set_up, walk
from tests.routes.web.person import HTMX, Browser
from tests.routes.web.sheets import JANUARY, page, tables
from tests.routes.web.test_card_page import seated

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(office: Office) -> Scene:
    return await set_up(office)


@pytest.fixture
async def browser(scene: Scene) -> Browser:
    return await seated(scene.office, "anna", scene.anna)


async def test_what_a_report_is_narrowed_to_stays_in_the_address(
    scene: Scene, browser: Browser
) -> None:
    """Few are a list; among many one searches, and whatever else was chosen is kept."""
    await walk(scene.office, scene.anna, "S1 lost", scene.lost, **scene.fields)
    asked_for = f"{JANUARY}&source=website&reason_id={scene.lost}"
    text = await page(browser, f"/reports/funnel?{asked_for}")
    assert re.search(rf'<option value="{scene.lost}" selected>', text)
    assert "product_id" not in text
    assert tables(await page(browser, f"/reports/funnel?{JANUARY}&reason_id={scene.lost}"))[1][1][
        1:4
    ] == ["1", "0", "1"]
    stamps = {"created_at": scene.office.now, "updated_at": scene.office.now}
    rows = [
        {"name": f"Seat {number:02}", "name_key": f"seat {number:02}", "currency": "RUB",
         "replenishment": "none", **stamps}
        for number in range(51)
    ]  # fmt: skip
    await scene.office.do(lambda tx: tx.run(insert(product), rows))
    chosen = re.compile(r'href="([^"]*product_id=\d+[^"]*)"[^>]*>(Seat \d\d)</a>')
    text = await page(browser, f"/reports/funnel?{asked_for}")
    assert len(chosen.findall(text)) == 50
    assert "Seat 50" not in text
    found = await browser.get(f"/reports/funnel?{asked_for}&find_product_id=T 50", **HTMX)
    assert "find_" not in found.headers["hx-push-url"]
    ((to, name),) = chosen.findall(found.text)
    told = dict(parse_qsl(html.unescape(to).partition("?")[2]))
    assert (name, told.pop("product_id").isdecimal()) == ("Seat 50", True)
    assert told == dict(parse_qsl(asked_for))
    text = await page(browser, f"{html.unescape(to)}&compare=previous")
    assert "Product: <b>Seat 50</b>" in text
    kept = re.search(r'<a href="/reports/managers\?([^"]*)"', text)
    assert kept is not None
    carried = dict(parse_qsl(html.unescape(kept[1])))
    assert carried.keys() == {"compare", "from", "to", "pipeline", "product_id", "source"}
    for path in re.findall(r'<nav class="tabs".*?</nav>', text, flags=re.DOTALL)[0].split('"'):
        if path.startswith("/reports/"):
            await page(browser, html.unescape(path))
