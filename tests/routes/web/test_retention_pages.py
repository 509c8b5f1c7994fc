"""The pages of renewals and churn: the worked example drawn, and every number with its cards."""

import re

import pytest

from backend.db.models import client
from tests.office import Office
from tests.routes.api.chain import set_up
from tests.routes.api.test_retention import comes_back, worked
from tests.routes.web.person import Browser
from tests.routes.web.sheets import demand_as_many_cards, file, links, page, tables
from tests.routes.web.test_card_page import seated, text_of

pytestmark = pytest.mark.anyio
MARCH = "from=2026-03-01&to=2026-03-31"
TITLES = "ABCDEF"


async def test_the_worked_example_is_drawn_and_leads_to_its_cards(office: Office) -> None:
    """Six renewals of March; D comes back in June. Boris, who has none of them, sees none."""
    chain = await set_up(office)
    made = await worked(chain)
    anna = await seated(office, "anna", chain.anna)
    text = await page(anna, f"/reports/renewals?{MARCH}&compare=previous")
    drawn, told, beside = tables(text)
    assert drawn[1] == ["March 2026", "", "6", "66.7%", "1"]
    assert told[1] == [
        "March 2026", "6", "3", "1", "0", "1", "1", "0", "0", "0", "66.7%", "50.0%", "77.1%",
        "82.9%", "80.0%", "90.0%", "96.7%", "700 ₽", "580 ₽",
    ]  # fmt: skip
    assert [row[:2] for row in beside[1:]] == [
        ["1 Mar 2026 – 31 Mar 2026", "6"], ["1 Feb 2026 – 28 Feb 2026", "0"],
    ]  # fmt: skip
    seen = text_of(text).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "Renewal rate 66.7% 50.0% on time. Of the decided alone, 80.0%.",
        "Money kept (GRR) 77.1% With growth 82.9%: 580 ₽ now, 700 ₽ before.",
        "Over your own cards", "6 fell due",
    ):  # fmt: skip
        assert words in seen, words
    for look, width in (("c1", "50.0"), ("c2", "16.67"), ("owed", "16.67"), ("drop", "16.67")):
        assert f'class="{look}"' in text
        assert f'width="{width}%"' in text
    await demand_cards(anna, text)
    await demand_nothing_of_others(office)
    await comes_back(chain, made["D"])
    anna = await seated(office, "anna", chain.anna)  # months have passed
    june = await page(anna, "/reports/renewals?from=2026-06-01&to=2026-06-30")
    assert tables(june)[1][1][9] == "1"
    assert "· D</a>" in await page(anna, links(june)[0][0])


async def demand_cards(anna: Browser, text: str) -> None:
    """Which card is behind a number matters as much as how many."""
    behind = {to.partition("outcome=")[2].split("&")[0]: to for to, _ in links(text)}
    for outcome, titles in (("on_time", "ABE"), ("late", "C"), ("lost", "D"), ("overdue", "F")):
        listed = await page(anna, behind[outcome])
        assert [name for name in TITLES if f"· {name}</a>" in listed] == list(titles), outcome
    assert await demand_as_many_cards(anna, text) > 10
    rows = await file(anna, f"/reports/renewals.csv?{MARCH}")
    assert rows[1][:6] == ["2026-03", "6", "3", "1", "0", "1"]
    assert rows[1][-2:] == ["700.00", "580.00"]


async def demand_nothing_of_others(office: Office) -> None:
    boris = await seated(office, "boris", await office.person("boris"))
    for report, which in (("renewals", "outcome=due"), ("churn", "which=churned")):
        for end in ("?", ".csv?", f"/cards?{which}&"):
            hidden = await page(boris, f"/reports/{report}{end}{MARCH}")
            assert "anna" not in hidden
        assert "0 cards" in text_of(hidden)


async def test_churn_is_drawn_and_leads_to_what_was_lost(office: Office) -> None:
    """D, one of six clients, leaves on 10 March with 50 of 730 a year."""
    chain = await set_up(office)
    made = await worked(chain)
    change = client.update().where(client.c.id == made["D"]["client_id"]).values(segment="small")
    await office.do(lambda tx: tx.run(change))
    anna = await seated(office, "anna", chain.anna)
    text = await page(anna, "/reports/churn?from=2026-02-01&to=2026-03-31")
    drawn, told = tables(text)
    assert drawn[1:] == [
        ["February 2026", "", "0", "0.0%", "0.0%"], ["March 2026", "", "1", "16.7%", "6.8%"],
    ]  # fmt: skip
    assert told[2] == ["March 2026", "6", "1", "1", "1", "0", "0", "16.7%", "730 ₽", "50 ₽", "6.8%"]
    assert await demand_as_many_cards(anna, without_money(text)) > 4
    seen = text_of(text)
    assert "There at the start: 6, of them left: 1. Came back: 0." in seen
    assert "Left in all" not in seen.partition("Came back: 0.")[2].partition("Churn of money")[0]
    await came_and_went(anna)
    (money,) = {to for to, said in links(text) if said.startswith("50")}
    assert "· D</a>" in await page(anna, money)
    segments = await page(anna, f"/reports/churn?{MARCH}&group_by=segment&compare=previous")
    drawn, _, beside = tables(segments)
    assert drawn[1:] == [
        ["small", "", "1", "100.0%", "100.0%"], ["Without a segment", "", "0", "0.0%", "0.0%"],
    ] or drawn[1:] == [
        ["Without a segment", "", "0", "0.0%", "0.0%"], ["small", "", "1", "100.0%", "100.0%"],
    ]  # fmt: skip
    assert [row[1:4] for row in beside[1:]] == [["6", "1", "1"], ["6", "0", "0"]]
    assert "+16.7 pt against the period before" in text_of(segments)
    assert any("segment=small" in to for to, _ in links(segments))
    assert await demand_as_many_cards(anna, without_money(segments)) > 4
    rows = await file(anna, f"/reports/churn.csv?{MARCH}&group_by=owner")
    assert rows[1] == ["anna", "6", "1", "1", "1", "0", "0", "0.1667", "730.00", "50.00", "0.0685"]


def without_money(text: str) -> str:
    """A page without the links that say what was lost, which is no number of cards."""
    return re.sub(r"<a [^>]*which=lost[^>]*>", "", text)


async def came_and_went(anna: Browser) -> None:
    """Of a period that nobody was there before, D has left, and is in no rate."""
    whole = await page(anna, "/reports/churn?from=2026-01-01&to=2026-03-31")
    for words in (
        "Churn of clients – There at the start: 0, of them left: 0. Came back: 0.",
        "Left in all: 1, with those who came after the start.",
    ):
        assert words in text_of(whole), words
    for which, many in (("churned", "1 card"), ("churned_of_clients", "0 cards")):
        behind = f"/reports/churn/cards?from=2026-01-01&to=2026-03-31&which={which}"
        assert many in text_of(await page(anna, behind))
