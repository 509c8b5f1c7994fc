"""Cards from a file: tried, then done; a row that is refused says where and why, and stops none."""

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from backend.db.session import Unit
from backend.domain.flows import loading
from backend.domain.flows.imports.files import SourceRow
from tests.factories.cards import new_deal
from tests.office import Office
from tests.routes.web.person import HTMX
from tests.routes.web.sellers import Seller, sitting, toast
from tests.routes.web.test_card_page import text_of

DEALS = (
    """client;title;amount;expected_close_on;owner
Acme;Twelve seats;1 500,50;31.12.2026;
New One;Chairs;;2026-05-01;boris@example.com
Acme;;100;;
acme;Tables;12.5;30.02.2026;
Acme;Lamps;10;;nobody@example.com
Acme;Ri\ang;;;
"""
    + f"{'x' * 256};Far too long;;;\n"
)


async def load(
    seller: Seller, kind: str, pipeline: int, text: str | bytes, does: str = "try", **form: str
) -> httpx.Response:
    data = {"pipeline": str(pipeline), "encoding": "utf-8", "mark": ".", "does": does, **form}
    body = text if isinstance(text, bytes) else text.encode()
    return await seller.browser.http.post(
        f"/{kind}/load", data=data,
        files={"file": ("cards.csv", body, "text/csv")},
        headers={**HTMX, "X-CSRF-Token": seller.browser.csrf},
    )  # fmt: skip


async def first_pipeline(seller: Seller, kind: str) -> int:
    found = (await seller.person.get("/pipelines", kind=kind)).json()["items"]
    return int(found[0]["id"])


async def test_an_empty_board_offers_a_file_and_the_file_is_tried_first(office: Office) -> None:
    boss = await sitting(office, "boss", "admin")
    await office.person("boris")
    acme = await office.client(boss.person)
    empty = await boss.look("/deals")
    assert "Add the first deal" in text_of(empty)
    (path,) = re.findall(r'hx-get="(/deals/load\?pipeline=\d+)"', empty)
    asked = await boss.look(path)
    assert "client, title, amount" in text_of(asked)
    heads = (await boss.look("/deals/load.csv")).lstrip("\ufeff").strip()
    assert heads == "client,title,amount,expected_close_on,source,owner"
    home = int(path.rpartition("=")[2])
    before = await office.counts()
    tried = text_of((await load(boss, "deals", home, DEALS, mark=",")).text)
    assert await office.counts() == before
    reasons = (
        "line 4, title: This cell is empty, and it is needed",
        "line 5, amount: “12.5” is not a number with the decimal mark “,”",
        "line 6, owner: Nobody here has the e-mail nobody@example.com",
        "line 7, title: a text must not contain the character U+0007 here",
        "line 8, client: Expected `str` of length <= 255",
    )
    assert "2 cards would be loaded. Nothing is written yet." in tried
    assert all(reason in tried for reason in reasons)
    assert "Load 2 cards" in tried
    done = text_of((await load(boss, "deals", home, DEALS, "load", mark=",")).text)
    assert "2 cards are loaded." in done
    assert all(reason in done for reason in reasons)
    made = (await boss.person.get("/deals", sort="id")).json()["items"]
    assert [(one["title"], one["amount"], one["owner_name"]) for one in made] == [
        ("Twelve seats", "1500.50", "boss"), ("Chairs", None, "boris"),
    ]  # fmt: skip
    assert (made[0]["client_id"], made[1]["client_name"]) == (acme, "New One")
    assert await office.events(made[0]["id"]) == ["created"]


async def test_who_loads_may_no_more_than_he_may_by_hand(office: Office) -> None:
    anna = await sitting(office, "anna")
    boris = await office.person("boris")
    hidden = await office.client(boris, "Vector")
    theirs = await new_deal(boris, client_id=hidden)
    leads, renewals = [await first_pipeline(anna, kind) for kind in ("lead", "renewal")]
    given = text_of((await load(anna, "leads", leads, "title,owner\nA,boris@example.com\n")).text)
    assert "0 cards would be loaded" in given
    assert "line 2" in given
    text = "Клиент\n".encode("cp1251")
    for body, told in (
        (text, "not written in UTF-8"), ("title,price\nA,1\n", "no column “price” here"),
        ("name\nA\n", "has no column “title”"), ("title\n", "no rows below"),
        ("title\n" + "A\n" * 501, "501: part it"), (b"PK\x03\x04", "not a CSV file"),
    ):  # fmt: skip
        reply = await load(anna, "leads", leads, body)
        assert reply.status_code == 400, body
        assert told in toast(reply)["text"]
    rows = "client,amount,renewal_date,period\nVector,10,2026-09-01,P1Y\nVector,x,2026-09-01,P1Y\n"
    done = await load(anna, "renewals", renewals, rows, "load")
    assert "1 card is loaded." in text_of(done.text)
    (made,) = (await anna.person.get("/renewals")).json()["items"]
    assert (made["renewal_date"], made["owner_name"]) == ("2026-09-01", "anna")
    assert made["client_id"] != hidden
    assert (await boris.get(f"/deals/{theirs['id']}")).json()["version"] == 1
    watcher = await sitting(office, "vera", "viewer")
    assert "Load from a file" not in await watcher.look("/offers")
    assert (await load(watcher, "leads", leads, "title\nA\n", "load")).status_code == 403


async def test_a_row_that_was_loaded_before_is_known_by_what_it_says(office: Office) -> None:
    anna, boris = await sitting(office, "anna"), await sitting(office, "boris")
    leads = await first_pipeline(anna, "lead")

    async def told(seller: Seller, text: str, does: str) -> str:
        return text_of((await load(seller, "leads", leads, text, does)).text)

    twice = "title,need\nTwin,chairs\nTwin,chairs\n"
    assert "2 cards are loaded." in await told(anna, twice, "load")
    tried = await told(anna, twice, "try")
    assert "0 cards would be loaded" in tried
    assert "2 rows are left out: cards of them were loaded, the last on 10 Mar 2026." in tried
    assert "Load all, those too" in tried
    more = "need;title\n chairs ;Twin\nchairs;Twin\nchairs;Twin\nchairs;Another\n"
    done = await told(anna, more, "load")
    assert "2 cards are loaded." in done
    assert "Load all" not in done
    assert "2 cards would be loaded" in await told(boris, twice, "try")
    assert "2 cards are loaded." in await told(anna, twice, "again")
    made = (await anna.person.get("/leads", sort="id")).json()["items"]
    assert [one["title"] for one in made] == ["Twin", "Twin", "Twin", "Another", "Twin", "Twin"]
    for one in made:
        await anna.person.delete(f"/leads/{one['id']}", version=one["version"])
    assert "2 cards would be loaded" in await told(anna, twice, "try")


async def test_a_load_that_stops_in_the_middle_says_what_it_made(office: Office) -> None:
    anna = await office.viewer(await office.person("anna"))
    rows = [SourceRow(line, {"title": "A"}) for line in range(2, 62)]

    def giving_up_after(parts: int) -> loading.Do:
        left = [loading.Account(made=25)] * parts

        async def do(work: Callable[[Unit], Awaitable[loading.Account]]) -> loading.Account:
            if not left:
                raise OperationalError("INSERT", None, Exception("database is locked"))
            return left.pop()

        return do

    order = loading.Order("lead", 1, ".", "load")
    found = await loading.load(giving_up_after(1), anna, order, rows)
    assert (found.made, found.stopped) == (25, 27)
    with pytest.raises(OperationalError):
        await loading.load(giving_up_after(0), anna, order, rows)
    with pytest.raises(OperationalError):
        await loading.load(giving_up_after(2), anna, order._replace(does="try"), rows)
