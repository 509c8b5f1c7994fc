"""The harness itself: what a page should not have said is heard, and what is deliberate is not."""

import pytest

from tests.browser import whole
from tests.browser.desks import Desks

pytestmark = pytest.mark.anyio


async def test_whatever_a_page_should_not_have_said_is_heard(desks: Desks) -> None:
    desk = await desks.stranger("/api/docs")
    desk.refused(404)
    await desk.page.evaluate("() => fetch('/nowhere').catch(() => 0)")
    await desk.page.evaluate("() => { setTimeout(() => { throw new Error('slipped') }) }")
    await desk.page.evaluate("() => console.error('told')")
    await desk.page.evaluate(
        "() => { const made = document.createElement('script'); made.text = '1';"
        " document.body.append(made) }"
    )
    await desk.page.goto("/api/v1/leads")
    heard = " ".join(desk.complaints)
    for word in ("slipped", "told", "Content Security Policy", "401 for GET"):
        assert word in heard, heard
    assert "404 for GET" not in heard  # the port may have these digits
    desk.complaints.clear()


def test_no_page_is_without_an_example() -> None:
    """Whoever adds one says in `whole` what its address names."""
    assert whole.unknown() == set()
