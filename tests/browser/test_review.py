"""Renewals to decide about: one tick for all of them, one decision, and the page of the day."""

import pytest
from playwright.async_api import expect
from sqlalchemy import update

from backend.db.models import renewal
from tests.browser.conftest import Company
from tests.browser.desks import Desks
from tests.factories.cards import new_renewal

pytestmark = pytest.mark.anyio


async def test_all_are_ticked_at_once_and_started(company: Company, desks: Desks) -> None:
    acme = await company.office.client(company.manager, "Late Ltd")
    made = [
        await new_renewal(company.manager, client_id=acme, renewal_date="2025-12-01")
        for _ in range(3)
    ]
    ids = [one["id"] for one in made]
    mark = update(renewal).where(renewal.c.card_id.in_(ids))
    await company.office.do(lambda tx: tx.run(mark.values(review_since=company.office.now)))
    page = (await desks.sit(company.email("manager"), "/today")).page
    await page.get_by_role("link", name="Look through them").click()
    await expect(page.locator("[name=chosen]")).to_have_count(3)
    await page.locator("[data-every]").check()
    await page.get_by_role("button", name="Start them now").click()
    await expect(page.get_by_text("Nothing waits for a decision.")).to_be_visible()
    await expect(page.locator("#toasts .toast span").last).to_have_text("Decided about 3 renewals")
    states = [(await company.admin.get(f"/renewals/{n}")).json()["state"] for n in ids]
    assert states == ["open", "open", "open"]
