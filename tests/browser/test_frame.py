"""The frame in a browser: only what is ours sends, what happens is said, settings are dragged."""

import pytest

from tests.browser.axe import violations
from tests.browser.conftest import WHOLE, Company
from tests.browser.desks import Desk, Desks

pytestmark = pytest.mark.anyio

THEMES = ("light", "dark") if WHOLE else ("light",)
PLANTED = """() => {
  const place = document.querySelector("#main");
  place.insertAdjacentHTML("beforeend", `
    <button id="p1" hx-get="/planted" hx-trigger="load">1</button>
    <button id="p2" hx-post="/planted" hx-trigger="click" data-n="guess">2</button>
    <div hx-boost="true"><a id="p3" href="/planted">3</a></div>`);
  htmx.process(place);
  document.getElementById("p2").click();
  document.getElementById("p3").addEventListener("click", (event) => event.preventDefault());
  document.getElementById("p3").click();
}"""
TOAST = 'document.querySelector(".toast span")?.textContent'


async def admin(desks: Desks, company: Company, path: str) -> Desk:
    return await desks.sit(company.email("admin"), path)


async def test_elements_that_are_not_ours_send_nothing(desks: Desks, company: Company) -> None:
    desk = await admin(desks, company, "/settings/me")
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    await desk.page.evaluate(PLANTED)
    await desk.page.evaluate("() => new Promise((done) => setTimeout(done, 300))")
    assert [url for url in asked if "planted" in url] == []
    await desk.page.evaluate(
        "() => { document.getElementById('p2').dataset.n = document.body.dataset.n;"
        " document.getElementById('p2').click() }"
    )
    desk.refused(404, 405)
    await desk.until(TOAST)
    assert [url for url in asked if "planted" in url]


async def test_a_stage_is_dragged_to_its_place(desks: Desks, company: Company) -> None:
    desk = await admin(desks, company, "/settings/pipelines")
    await desk.page.click("tbody tr:nth-child(3) a")
    names = "[...document.querySelectorAll('#stages b')].map((one) => one.textContent)"
    await desk.until("window.Sortable && document.querySelector('[data-order]')")
    before = await desk.page.evaluate(names)
    grips = desk.page.locator("#stages .grip")
    first, third = await grips.nth(0).bounding_box(), await grips.nth(2).bounding_box()
    assert first is not None
    assert third is not None
    x = first["x"] + 8
    await desk.page.mouse.move(x, first["y"] + 8)
    await desk.page.mouse.down()
    after = [before[1], before[2], before[0], *before[3:]]
    for step in range(1, 101):  # as a hand does, until the stage is seen in its new place
        await desk.page.mouse.move(x, min(first["y"] + 8 * step, third["y"] + 14 + step % 2))
        if await desk.page.evaluate(names) == after:
            break
    await desk.page.mouse.up()
    await desk.until(TOAST)
    assert await desk.page.evaluate(names) == after
    for place in (1, 0):
        await desk.page.click(f"#stages li:nth-child({place + 2}) [id^=up-]")
        await desk.until(f"({names})[{place}] === {before[0]!r}")
    await desk.until("document.activeElement.closest('#stages li:first-child') !== null")


async def test_keys_open_the_list_of_keys_and_lead_elsewhere(
    desks: Desks, company: Company
) -> None:
    desk = await admin(desks, company, "/settings/me")
    await desk.page.keyboard.press("?")
    await desk.until("document.querySelector('#help').open")
    await desk.page.keyboard.press("Escape")
    await desk.until("!document.querySelector('#help').open")
    await desk.page.focus("[name=name]")
    await desk.page.keyboard.press("?")
    assert not await desk.page.evaluate("document.querySelector('#help').open")
    await desk.page.evaluate("document.activeElement.blur()")
    await desk.page.keyboard.press("g")
    await desk.page.keyboard.press("d")
    await desk.page.wait_for_url("**/deals*")


async def test_keys_are_the_same_ones_in_the_russian_layout(desks: Desks, company: Company) -> None:
    desk = await admin(desks, company, "/settings/me")
    await typed(desk, (",", "Slash"))
    await desk.until("document.querySelector('#help').open")
    await desk.page.keyboard.press("Escape")
    await desk.until("!document.querySelector('#help').open")
    await typed(desk, (".", "Slash"))
    await desk.page.wait_for_url("**/clients#search")
    await desk.until("document.activeElement.id === 'search'")
    await desk.page.evaluate("document.activeElement.blur()")
    await typed(desk, ("с", "KeyC"))
    await desk.until("document.activeElement.name === 'name'")
    await desk.page.keyboard.press("Escape")
    await desk.until("!document.querySelector('#dlg').open")
    await desk.until("!document.activeElement.closest('#dlg')")  # where a key is a letter
    await typed(desk, ("п", "KeyG"), ("в", "KeyD"))
    await desk.page.wait_for_url("**/deals*")


async def typed(desk: Desk, *keys: tuple[str, str]) -> None:
    """Keys of another layout: what they type, and which they are."""
    await desk.page.evaluate(
        """(keys) => { for (const [key, code] of keys) document.activeElement.dispatchEvent(
             new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true })) }""",
        [list(key) for key in keys],
    )


async def test_settings_by_the_keyboard_lose_neither_the_focus_nor_a_word(
    desks: Desks, company: Company
) -> None:
    """A dialog begins in its first field and leads back; what was saved is said."""
    desk = await admin(desks, company, "/settings/pipelines")
    keys, at = desk.page.keyboard, "document.activeElement"
    await desk.page.click("tbody tr:nth-child(3) a")
    await desk.page.locator("#own").wait_for()
    await desk.page.fill("[name=conversion_warning]", "41")
    await desk.page.focus("#stages li:nth-child(2) [id^=up-]")
    await keys.press("Enter")
    await desk.until(f"({TOAST}) === 'The order is saved'")
    await desk.page.focus("#reasons .lines .btn")
    asked = await desk.page.evaluate(f"{at}.getAttribute('hx-get')")
    await keys.press("Enter")
    await desk.until(f"{at}.name === 'name_ru'")
    await keys.press("Enter")
    await desk.until(
        f"!document.querySelector('#dlg').open && {at}.getAttribute('hx-get') === {asked!r}"
    )
    assert await desk.page.input_value("[name=conversion_warning]") == "41"
    left = (
        "(() => { const leaving = new Event('beforeunload', { cancelable: true });"
        " return dispatchEvent(leaving) })()"
    )
    await desk.page.fill("[name=conversion_warning]", "42")
    assert not await desk.page.evaluate(left)  # one is asked
    await desk.page.focus("[name=conversion_warning]")
    await keys.press("Enter")
    await desk.until("document.body.dataset.said === 'Saved'")
    assert await desk.page.input_value("[name=conversion_warning]") == "42"
    assert await desk.page.evaluate(left)
    await desk.page.goto("/settings/me")
    await desk.page.fill("[name=name]", "Somebody else")
    await desk.page.check("[name=theme][value=dark]")
    await desk.page.locator("form:has([name=theme]) .primary").press("Enter")
    await desk.until("document.documentElement.dataset.theme === 'dark'")
    assert await desk.page.input_value("[name=name]") == "Somebody else"


async def test_a_failure_is_told_and_can_be_tried_again(desks: Desks, company: Company) -> None:
    desk = await admin(desks, company, "/settings/people")
    await desk.page.route("**/users/new", lambda route: route.abort())
    await desk.page.click("[hx-get$='/users/new']")
    await desk.until(TOAST)
    await desk.page.unroute("**/users/new")
    await desk.page.click(".toast [data-retry]")
    await desk.until("document.querySelector('#dlg').open")
    desk.complaints.clear()


@pytest.mark.parametrize("theme", THEMES)
async def test_the_settings_pass_axe(desks: Desks, company: Company, theme: str) -> None:
    desk = await desks.sit(company.email("admin"), "/settings/me", color_scheme=theme)
    for path in ("me", "pipelines", "pipelines/3", "people", "tokens", "company"):
        await desk.page.goto(f"/settings/{path}")
        assert await violations(desk.page) == [], path
