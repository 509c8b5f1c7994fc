"""The calendar of renewals: twelve months, who has how much before him, those of a month."""

import html
import re
from datetime import date

import pytest

from backend.domain.retention.year import rules
from tests.office import Office
from tests.routes.api.chain import Chain, set_up
from tests.routes.api.test_retention import worked
from tests.routes.web.person import HTMX, Browser
from tests.routes.web.sheets import page, tables
from tests.routes.web.test_card_page import seated, text_of
from tests.statements import asked

pytestmark = pytest.mark.anyio
PAGE = "/renewals/calendar"
MONTHS = ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"]


def months(text: str) -> list[str]:
    """What stands in each month of the strip."""
    (strip,) = re.findall(r'<ol class="months".*?</ol>', text, flags=re.DOTALL)
    return [text_of(one).replace("\N{NO-BREAK SPACE}", " ") for one in strip.split("</li>")[:-1]]


async def test_terms_by_month_and_manager_lead_to_their_cards(office: Office) -> None:
    """Six terms of March: four won, one lost, one overdue; their next ones wait, a year later."""
    chain = await set_up(office)
    await worked(chain)
    await chain.renewal(title="Euros", renewal_date="2026-05-20", amount="70", currency="EUR")
    anna = await seated(office, "anna", chain.anna)
    text = await page(anna, f"{PAGE}?from=2026-03")
    march, april, may, *rest = months(text)
    assert march == "March 2026 6 Won: 4. Overdue: 1. Lost: 1. 730 ₽"
    assert april == "April 2026 0 –"
    assert may == "May 2026 1 Waiting: 1. 70 €"
    assert [one.split()[2] for one in rest] == ["0"] * 9
    load, listed = tables(text)
    assert load[0] == ["Manager", *MONTHS]
    assert load[1] == ["A anna", "1", "", "1", *[""] * 9]
    assert [row[1].partition(" · ")[2] for row in listed[1:]] == list("ABCDEF")
    assert listed[6][0] == "10 Mar 2026"
    assert listed[6][3].endswith("overdue")
    # Each number of a month leads to a list just as long.
    for became, many in (("won", 4), ("lost", 1), ("overdue", 1), ("waiting", 0), ("active", 0)):
        found = tables(await page(anna, f"{PAGE}?from=2026-03&month=2026-03&became={became}"))[1:]
        assert len(found[0][1:] if found else []) == many, became
    after = months(await page(anna, f"{PAGE}?from=2027-03"))
    assert after[0].startswith("March 2027 4 Waiting: 4.")
    moved = await anna.get(f"{PAGE}?from=2026-03&pipeline=&month=2026-05", **HTMX)
    assert moved.headers["hx-push-url"] == f"{PAGE}?from=2026-03&month=2026-05"
    assert "· Euros" in moved.text
    (to,) = re.findall(r'href="([^"]*month=2026-05[^"]*owner_id=[^"]*)"', text)
    assert "· Euros" in await page(anna, html.unescape(to))
    await demand_few_statements(office, anna, chain)
    boris = await seated(office, "boris", await office.person("boris"))
    hidden = await page(boris, f"{PAGE}?from=2026-03&owner_id={chain.anna.id}")
    assert [one.split()[2] for one in months(hidden)] == ["0"] * 12
    assert "No term of these ends in this month." in text_of(hidden)
    assert "R-" not in hidden
    for wrong in ("from=2026-13", "from=9999-12", "month=2026-00", "became=gone", "x=1"):
        assert (await anna.get(f"{PAGE}?{wrong}")).status_code == 400, wrong
    assert (await anna.get(f"{PAGE}?pipeline=nowhere")).status_code == 404


async def demand_few_statements(office: Office, anna: Browser, chain: Chain) -> None:
    """As many statements however many terms there are."""
    many = []
    for _ in range(2):
        with asked(office) as seen:
            await page(anna, f"{PAGE}?from=2026-03&month=2026-05")
        many.append(len(seen))
        for day in (11, 12):
            await chain.renewal(renewal_date=f"2026-05-{day}", amount="1")
    assert many[0] == many[1]


def test_a_year_of_months_begins_anywhere_and_ends_with_the_calendar() -> None:
    months = rules.year_from(rules.first_of("2027-11"))
    assert [rules.named(one) for one in (months[0], months[1], months[2], months[11])] == [
        "2027-11", "2027-12", "2028-01", "2028-10",
    ]  # fmt: skip
    assert rules.last_of(date(2028, 2, 1)) == date(2028, 2, 29)
    assert rules.named(rules.shifted(date(1, 3, 1), -12)) == "0001-03"
    assert len(rules.year_from(rules.first_of("9998-12"))) == 12
