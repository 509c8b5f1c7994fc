"""The pages of reports: the same numbers as REST has, each a link to just as many cards."""

import re
from datetime import date
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import update

from backend.db.models import app_user, pipeline
from backend.routes.web.policy import REPORTS
from backend.routes.web.reports.period import span
from backend.routes.web.reports.sheet import Cell, Column, Sheet, Table
from tests.domain.offers.desk import set_up as offers
from tests.factories.cards import new_lead
from tests.office import Office
from tests.routes.api.funnels import Scene, move, set_up, walk, worked
from tests.routes.api.test_reasons import decline
from tests.routes.web.person import HTMX, Browser
from tests.routes.web.sheets import (
    JANUARY,
    demand_as_many_cards,
    demand_it_counts,
    file,
    links,
    page,
    tables,
)
from tests.routes.web.test_card_page import seated, text_of
from tests.statements import asked

pytestmark = pytest.mark.anyio
JANUARY_1 = "1 Jan 2026"


@pytest.fixture
async def scene(office: Office) -> Scene:
    return await set_up(office)


@pytest.fixture
async def browser(scene: Scene) -> Browser:
    return await seated(scene.office, "anna", scene.anna)


HEADS = [
    "Stage", "Reached", "Went on", "Lost", "Open", "Moved out", "Conversion", "Of the decided",
    "Drop-off", "Still open", "Of all", "Skipped", "Returned", "Median, days",
    "80% within, days", "Age now, days",
]  # fmt: skip


async def test_the_worked_example_is_on_the_page_and_in_the_file(
    scene: Scene, browser: Browser
) -> None:
    await worked(scene)
    warned = update(pipeline).where(pipeline.c.key == "worked").values(conversion_warning=72)
    await scene.office.do(lambda tx: tx.run(warned))
    text = await page(browser, f"/reports/funnel?{JANUARY}")
    assert re.findall(r'<td class="r num low"><a [^>]*>([\d.%]+)', text).count("71.4%") == 2
    drawn, told = tables(text)
    assert drawn[1:] == [
        ["S1", "", "10", "90.0%", "1"], ["S2", "", "9", "77.8%", "1"],
        ["S3", "", "7", "71.4%", "1"], ["S4", "", "5", "80.0%", "1"],
    ]  # fmt: skip
    assert told[0] == HEADS
    assert [row[:13] for row in told[1:]] == [
        ["S1", "10", "9", "1", "0", "0", "90.0%", "90.0%", "10.0%", "0.0%", "90.0%", "1", "0"],
        ["S2", "9", "7", "1", "1", "0", "77.8%", "87.5%", "11.1%", "11.1%", "70.0%", "2", "2"],
        ["S3", "7", "5", "1", "1", "0", "71.4%", "83.3%", "14.3%", "14.3%", "50.0%", "0", "0"],
        ["S4", "5", "4", "1", "0", "0", "80.0%", "80.0%", "20.0%", "0.0%", "40.0%", "2", "0"],
    ]  # fmt: skip
    seen = text_of(text)
    for words in ("4 of 10 won, 40.0%", "Win rate 50.0%", "1 reopened", "1 entered late",
                  "2 went back",
                  "stage “S3” is 71.4%, below the funnel's limit",
                  "Biggest leak S1 → S2 1 card lost here, 10.0% of those",
                  "Over your own cards"):  # fmt: skip
        assert words in seen, words
    assert await demand_as_many_cards(browser, text) > 30
    rows = await file(browser, f"/reports/funnel.csv?{JANUARY}")
    assert rows == [
        HEADS,
        ["S1", "10", "9", "1", "0", "0", "0.9", "0.9", "0.1", "0.0", "0.9", "1", "0", "0.0417",
         "0.0417", ""],
        ["S2", "9", "7", "1", "1", "0", "0.7778", "0.875", "0.1111", "0.1111", "0.7", "2", "2",
         "0.0625", "0.0833", "0.9583"],
        ["S3", "7", "5", "1", "1", "0", "0.7143", "0.8333", "0.1429", "0.1429", "0.5", "0", "0",
         "0.0417", "0.0417", "0.8333"],
        ["S4", "5", "4", "1", "0", "0", "0.8", "0.8", "0.2", "0.0", "0.4", "2", "0", "0.0417",
         "0.0417", ""],
    ]  # fmt: skip


async def test_the_other_ways_of_counting_and_what_is_beside(
    scene: Scene, browser: Browser
) -> None:
    await worked(scene)
    path = f"/reports/funnel?{JANUARY}"
    visited = await page(browser, f"{path}&count=touched")
    assert [row[1] for row in tables(visited)[1]] == ["Visited", "9", "7", "7", "3"]
    assert "Conversion" not in tables(visited)[1][0]
    standing = await page(browser, "/reports/funnel?pipeline=worked&basis=snapshot")
    assert [row[:1] + row[2:4] for row in tables(standing)[0]] == [
        ["Stage", "Cards", "Share"], ["S1", "0", "–"], ["S2", "1", "50.0%"],
        ["S3", "1", "50.0%"], ["S4", "0", "–"],
    ]  # fmt: skip
    assert await demand_as_many_cards(browser, standing) > 2
    beside = await page(browser, f"{path}&compare=previous")
    assert [row[-2:] for row in tables(beside)[1][:2]] == [
        ["Before", "Conversion before"], ["0", "–"],
    ]  # fmt: skip
    changed = await browser.get(f"{path}&owner_id=&count=strict", **HTMX)
    assert changed.headers["hx-push-url"] == (
        "/reports/funnel?count=strict&from=2026-01-01&pipeline=worked&to=2026-01-31"
    )
    assert changed.text.lstrip().startswith('<div class="row"><h1>Funnel</h1>')
    assert [row[1] for row in tables(changed.text)[1]] == ["Came in order", "9", "7", "5", "2"]


async def test_a_past_day_opens_to_cards_as_they_stood(scene: Scene, browser: Browser) -> None:
    """One in roubles, one in euros and one without an amount; the next day two are elsewhere."""
    office, anna = scene.office, scene.anna
    for amount, currency in (("100", "RUB"), ("50", "EUR"), (None, "RUB")):
        fields = {**scene.fields, "amount": amount, "currency": currency}
        deal = await walk(office, anna, "S1", scene.lost, **fields)
        if amount is not None:
            office.later(days=1)
            gone = await move(anna, deal, "lost", scene.lost)
            edit = {"amount": "999"}
            reply = await anna.patch(f"/deals/{deal['id']}", edit, gone["version"])
            assert reply.status_code == 200, reply.text
            office.later(days=-1)
    office.later(days=2)
    path = "/reports/funnel?pipeline=worked&basis=snapshot&as_of=2026-01-12"
    for more in ("", "&by=amount"):
        text = await page(browser, path + more)
        drawn, told = tables(text)
        assert drawn[1] == ["S1", "", "3", "100.0%", *told[1][5:]]
        assert [row[:4] for row in told[1:3]] == [["S1", "EUR", "1", "50 €"],
                                                   ["S1", "RUB", "2", "100 ₽"]]  # fmt: skip
        sums = {text_of(words): to for to, words in links(text)}
        for words, stood in (
            ("50 €", ["50 €"]), ("100 ₽", ["100 ₽", ""]), ("3", ["100 ₽", "50 €", ""]),
        ):  # fmt: skip
            (rows,) = tables(listed := await page(browser, sums[words]))
            assert [(row[2], row[3]) for row in rows[1:]] == [("S1", one) for one in stood]
            assert "as of 12 Jan 2026" in listed
            assert f'id="total">{len(stood)} card' in listed
    text = await page(browser, f"/reports/funnel?{JANUARY}&owner_id={anna.id}&source=website")
    (paper,) = re.findall(r'<p class="printed">([^<]*)</p>', text)
    assert paper.split(" · ") == [
        "worked", "1 Jan 2026 – 31 Jan 2026", "anna", "Website", "as of 14 Jan 2026",
    ]  # fmt: skip


async def test_the_worked_example_of_offers_and_a_streak(office: Office) -> None:
    """33 offers, ten of them too expensive, five of those of one lead."""
    desk = await offers(office)
    await desk.approval_mode("never")
    lead = await new_lead(desk.anna, client_id=None, title="Wants it for less")
    for _ in range(14):
        await desk.offer("accepted")
    for key, times in (("payment_terms", 5), ("delivery_too_long", 4), ("too_expensive", 5)):
        await decline(desk, key, times)
    await decline(desk, "too_expensive", 5, lead_id=lead["id"], client_id=None)
    office.later(hours=1)
    browser = await seated(office, "anna", desk.anna)
    text = await page(browser, "/reports/reasons?from=2026-03-01&to=2026-03-31")
    drawn, told, matrix, again = tables(text)
    assert [row[:1] + row[2:4] for row in drawn[1:]] == [["anna", "33", "57.6%"]]
    assert drawn[1][4].endswith("0.3 pt over")
    assert [row[2:8] for row in told[1:]] == [
        ["10", "33", "30.3%", "30.3%", "30.0%", "yes"], ["5", "33", "15.2%", "15.2%", "–", ""],
        ["4", "33", "12.1%", "12.1%", "–", ""],
    ]  # fmt: skip
    assert [row[1:] for row in matrix[1:]] == [["10"], ["5"], ["4"]]
    assert again[1][0] == "Wants it for less"
    assert again[1][3:] == ["5", "suspend the lead; give it to somebody else"]
    assert "is 30.3% (10 of 33), the limit is 30%." in text_of(text)
    assert 'class="lim" x1="30.0%"' in text
    assert await demand_as_many_cards(browser, text) > 8


async def test_every_other_report_leads_to_its_cards(scene: Scene, browser: Browser) -> None:
    await worked(scene)
    for name, at_least in (("cycle-time", 2), ("velocity", 3), ("forecast", 1), ("managers", 6)):
        path = f"/reports/{name}?pipeline=worked" + ("&" + JANUARY if name == "managers" else "")
        text = await page(browser, path)
        assert await demand_as_many_cards(browser, text) >= at_least, name
        rows = await file(browser, path.replace("?", ".csv?"))
        assert len(rows) == 2, name
    # Averages and shares open to what they are made of, and the way back leads to what was asked.
    text = await page(browser, "/reports/velocity?pipeline=worked&compare=previous")
    for outcome, times, number in (("closed", 2, 8), ("won", 6, 4), ("all", 2, 10)):
        found = [to for to, _ in links(text) if f"outcome={outcome}" in to]
        assert len(found) == times, outcome
        listed = await page(browser, found[0])
        await demand_it_counts(listed, number, outcome)
        assert 'href="/reports/velocity?compare=previous' in listed
    february = "pipeline=worked&from=2026-02-01&to=2026-02-28&compare=previous"
    for name, january in (
        ("reasons", ["8", "4", "4", "0", "50.0%", ""]), ("cycle-time", ["4"]),
        ("velocity", ["2", "4", "4", "50.0%"]), ("managers", ["10", "2", "4", "4", "50.0%"]),
        ("forecast", ["RUB", "4"]),
    ):  # fmt: skip
        text = await page(browser, f"/reports/{name}?{february}")
        (then,) = [
            row for rows in tables(text) for row in rows if f"{JANUARY_1} –" in " ".join(row[:2])
        ]
        assert then[2 if name == "managers" else 1 :][: len(january)] == january, name
        assert await demand_as_many_cards(browser, text) >= 1, name
        rest = await scene.anna.get(f"/reports/{name}", **dict(parse_qsl(february)))
        assert rest.json()["previous"]["from"] == "2026-01-01"
    text = await page(browser, f"/reports/managers?{JANUARY}")
    (worked_on,) = [one for one in links(text) if "which=moves" in one[0]]
    assert int(worked_on[1]) > 10
    await demand_it_counts(await page(browser, worked_on[0]), int(worked_on[1]), worked_on[0])
    path = "/reports/changes?pipeline=worked&from=2026-01-12"
    text = await page(browser, f"{path}&compare=previous")
    assert await demand_as_many_cards(browser, text) == 6
    assert tables(text)[1][2] == ["5 Jan 2026 – 6 Jan 2026", *"00000000"]
    changed = await file(browser, path.replace("?", ".csv?"))
    assert [row[0] for row in changed[1:]] == ["New"] * 2 + ["Won"] * 4 + ["Lost"] * 4


async def test_what_others_have_shows_in_no_report_and_no_file(
    scene: Scene, browser: Browser
) -> None:
    office, boris = scene.office, await scene.office.person("boris")
    fields = {"client_id": await office.client(boris, "Marked-Zq7"), "title": "Marked-Zq7"}
    for path in ("S1 S2", "S1 won", "S1 lost"):
        await walk(office, boris, path, scene.lost, **fields, amount="777")
    await walk(office, scene.anna, "S1", scene.lost, **scene.fields, title="=SUM(A1)")
    office.later(days=1)
    own = await seated(office, "boris", boris)
    for name, ends in REPORTS.items():
        for end in ends:
            path = f"/reports/{name}{end}?pipeline=worked&from=2026-01-01"
            text = await page(browser, path)
            assert "Marked-Zq7" not in text, path
            assert "boris" not in text, path
            if end == "/cards":
                sent = "&which=entered" if name == "managers" else ""
                listed = await page(browser, f"{path}{sent}&owner_id={boris.id}")
                assert "0 cards" in text_of(listed), path
    assert "Marked-Zq7" in await page(own, "/reports/changes?pipeline=worked&from=2026-01-01")
    rows = await file(browser, "/reports/changes.csv?pipeline=worked&from=2026-01-01")
    assert rows[1][1].endswith("=SUM(A1)")


def test_a_file_holds_nothing_that_runs() -> None:
    values = ["=1+1", "+1", "@x", "-x", "\tx", "-5.20", -3, 0.5, None, "plain"]
    table = Table("", [Column("=a")], [[Cell(one)] for one in values], is_main=True)
    told = Sheet("p", "own", [table]).file().decode("utf-8-sig").split("\r\n")
    assert told == [
        "'=a", "'=1+1", "'+1", "'@x", "'-x", "'\tx", "-5.20", "-3", "0.5", '""', "plain", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("period", "today", "first", "last"),
    [
        ("this_month", "2026-02-10", "2026-02-01", "2026-02-28"),
        ("last_month", "2026-01-31", "2025-12-01", "2025-12-31"),
        ("this_quarter", "2026-11-22", "2026-10-01", "2026-12-31"),
        ("last_quarter", "2026-02-01", "2025-10-01", "2025-12-31"),
        ("this_year", "2026-11-22", "2026-01-01", "2026-12-31"),
        ("last_year", "2026-11-22", "2025-01-01", "2025-12-31"),
    ],
)
def test_named_periods(period: str, today: str, first: str, last: str) -> None:
    found = span(period, date.fromisoformat(today))
    assert found == (date.fromisoformat(first), date.fromisoformat(last))
    assert span("all", date.fromisoformat(today)) == (None, None)


async def test_a_report_asks_as_often_whatever_it_holds(scene: Scene, browser: Browser) -> None:
    async def statements() -> int:
        with asked(scene.office) as seen:
            await page(browser, f"/reports/funnel?{JANUARY}")
        return len(seen)

    await walk(scene.office, scene.anna, "S1 S2", scene.lost, **scene.fields)
    few = await statements()
    await worked(scene)
    assert await statements() == few


async def test_the_reports_are_told_in_russian(scene: Scene, browser: Browser) -> None:
    await walk(scene.office, scene.anna, "S1 lost", scene.lost, **scene.fields)
    change = update(app_user).values(locale="ru")
    await scene.office.do(lambda tx: tx.run(change))
    seen = text_of(await page(browser, f"/reports/funnel?{JANUARY}"))
    narrowed = await page(browser, f"/reports/funnel?{JANUARY}&source=website")
    assert '<option value="website" selected>Сайт</option>' in narrowed
    for words in ("Главная потеря", "потеряна 1 карточка, это 100,0 % дошедших", "По этапам"):
        assert words in seen, words
    wrong = await browser.get("/reports/funnel?period=never", **HTMX)
    assert wrong.status_code == 400
