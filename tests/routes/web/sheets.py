"""Reading the pages of reports: their tables, their files, and the cards behind their numbers."""

import csv
import html
import io
import re

from tests.routes.web.person import Browser
from tests.routes.web.test_card_page import text_of

JANUARY = "pipeline=worked&from=2026-01-01&to=2026-01-31"


async def page(browser: Browser, path: str, **headers: str) -> str:
    reply = await browser.get(path, **headers)
    assert reply.status_code == 200, reply.text
    return reply.text


async def file(browser: Browser, path: str) -> list[list[str]]:
    """A file as a spreadsheet reads it."""
    reply = await browser.get(path)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["content-disposition"].startswith('attachment; filename="')
    assert reply.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig"))))


def tables(text: str) -> list[list[list[str]]]:
    """Every table of a page, as a reader sees its rows."""
    found = []
    for table in re.findall(r"<table.*?</table>", text, flags=re.DOTALL):
        rows = re.findall(r"<tr.*?</tr>", table, flags=re.DOTALL)
        found.append(
            [[text_of(one) for one in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]
        )
    return found


def links(text: str) -> list[tuple[str, str]]:
    """Where the numbers of a report lead, and what each says."""
    found = re.findall(r'<a href="(/reports/[^"]+/cards\?[^"]*)">([^<]*)</a>', text)
    return [(html.unescape(to), told.replace(",", "")) for to, told in found]


async def demand_as_many_cards(browser: Browser, text: str) -> int:
    """Numbers of cards that are links lead to just so many; every third one is followed."""
    found = [(to, told) for to, told in links(text) if told.isdecimal()]
    for to, told in list(dict(found).items())[::3]:
        listed = await page(browser, to)
        await demand_it_counts(listed, int(told), to)
    return len(found)


async def demand_it_counts(listed: str, number: int, where: str) -> None:
    """As many cards are listed, or fewer of which some are counted more than once."""
    rows = len(re.findall("data-drawer", listed))
    assert f'id="total">{rows} card' in listed.replace("\N{NO-BREAK SPACE}", " "), where
    often = re.findall(r'id="counted">counted (\d+) time', listed)
    assert [int(one) for one in often] == ([] if rows == number else [number]), where
    times = [int(one) for one in re.findall(r'<td class="r num">(\d+)</td></tr>', listed)]
    assert sum(times or [1] * rows) == number, where
