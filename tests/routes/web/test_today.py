"""The page that a day begins with: whose tasks it shows, what is done with them."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from backend.db.models import task as stored
from tests.factories.cards import new_deal
from tests.factories.tasks import new_task
from tests.office import NOON, Office, Person
from tests.routes.web.sellers import Seller, sitting, toast
from tests.routes.web.test_boards import PAYLOADS
from tests.routes.web.test_card_page import text_of
from tests.statements import asked

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


@pytest.fixture
async def anna(office: Office) -> Seller:
    return await sitting(office, "anna")


def section(page: str, name: str) -> list[int]:
    """The ids of the tasks of a section, in their order."""
    part = page.partition(f'aria-labelledby="h-{name}"')[2].partition("</section>")[0]
    return [int(one) for one in re.findall(r'<li class="task" id="t(\d+)"', part)]


def title(page: str) -> str:
    found = re.search(r"<title>\s*(.*?)\s*</title>", page, re.S)
    assert found is not None
    return " ".join(found[1].split())


async def due(person: Person, at: datetime, **fields: Any) -> int:
    made: int = (await new_task(person, due_at=at, **fields))["id"]
    return made


async def with_deal(office: Office, person: Person, name: str = "Acme", amount: int = 0) -> Any:
    client = await office.client(person, name)
    return await new_deal(person, client_id=client, amount=Decimal(amount))


async def test_it_is_where_one_starts(anna: Seller) -> None:
    assert (await anna.browser.get("/")).headers["location"] == "/today"
    page = await anna.look("/today")
    assert title(page) == "Today · Voronka"
    assert "Tuesday, 10 March" in page
    assert "All done for today." in page


async def test_tasks_stand_by_time_then_money(office: Office, anna: Seller) -> None:
    small = await with_deal(office, anna.person, "Small", 100)
    large = await with_deal(office, anna.person, "Large", 4300000)
    nobody = await office.client(anna.person, "Nobody")
    late, soon = NOON - 26 * HOUR, NOON + 3 * HOUR
    poor = await due(anna.person, late, card_id=small["id"])
    rich = await due(anna.person, late, card_id=large["id"])
    today = await due(anna.person, NOON - HOUR, client_id=nobody)
    evening = await due(anna.person, soon, card_id=large["id"], title="Renewal talk")
    night = await due(anna.person, datetime.fromisoformat("2026-03-10T23:59:59+03:00"),
                      client_id=nobody)  # fmt: skip
    await due(anna.person, datetime.fromisoformat("2026-03-11T00:00:00+03:00"), client_id=nobody)
    page = await anna.look("/today")
    assert section(page, "late") == [rich, poor, today]
    assert section(page, "today") == [evening, night]
    assert title(page) == "(5) Today · Voronka"
    seen = text_of(page)
    assert "5 tasks, 4.3M ₽ behind them" in seen.replace("\xa0", " ")
    for told in ("9 Mar", "11:00", "15:00", "Renewal talk", large["number"], "Large"):
        assert told in seen, told


async def test_what_belongs_to_others_is_nowhere(office: Office, anna: Seller) -> None:
    """Neither somebody else's task nor, of a task about his card, his client and his money."""
    boris = await sitting(office, "boris")
    foreign = await with_deal(office, boris.person, "Secret client", 777000)
    await due(boris.person, NOON + HOUR, card_id=foreign["id"], title="Not hers at all")
    given = await due(boris.person, NOON + HOUR, card_id=foreign["id"], title="Help out",
                      assignee_id=anna.person.id)  # fmt: skip
    page = await anna.look("/today")
    assert section(page, "today") == [given]
    for hidden in ("Not hers", "Secret client", "777", f'"/deals/{foreign["id"]}"'):
        assert hidden not in page, hidden
    theirs = (await boris.person.get("/tasks", assignee_id=boris.person.id)).json()["items"][0]
    before = await office.counts()
    path = f"/today/tasks/{theirs['id']}"
    assert (await anna.send(path, version=1, does="done")).status_code == 404
    assert (await anna.send(f"{path}/next", days=1)).status_code == 404
    assert (await anna.send(f"/today/tasks/{given}/next", days=1)).status_code == 404
    assert await office.counts() == before
    done = await anna.send(f"/today/tasks/{given}", version=1, does="done")
    assert (done.status_code, "Next step?" in done.text) == (200, False)


async def test_a_tick_asks_for_the_next_step(office: Office, anna: Seller) -> None:
    deal = await with_deal(office, anna.person)
    task = await due(anna.person, NOON - HOUR, card_id=deal["id"])
    done = await anna.send(f"/today/tasks/{task}", version=1, does="done")
    assert "Next step?" in done.text
    assert title(done.text) == "Today · Voronka"
    assert re.search(r'id="n-late" hx-swap-oob="true">0<', done.text)
    assert (await anna.person.get(f"/tasks/{task}")).json()["closed_by"] == "person"
    following = await anna.send(f"/today/tasks/{task}/next", days=3, title=" Send the terms ")
    assert "Next step: Send the terms, 13 Mar, 18:00" in text_of(following.text)
    (made,) = (await anna.person.get("/tasks", done=False)).json()["items"]
    assert (made["title"], made["kind"], made["card_id"]) == ("Send the terms", "todo", deal["id"])
    again = await anna.send(f"/today/tasks/{task}", version=2, does="open")
    assert f'<li class="task" id="t{task}"' in again.text
    assert (await anna.person.get(f"/tasks/{task}")).json()["done_at"] is None


@pytest.mark.parametrize(
    ("form", "at"),
    [
        ({"does": "hour"}, "2026-03-10T10:00:00Z"),
        ({"does": "tomorrow"}, "2026-03-11T15:00:00Z"),
        ({"does": "week"}, "2026-03-16T15:00:00Z"),
        ({"does": "day", "day": "2026-03-14"}, "2026-03-14T15:00:00Z"),  # a Saturday, if one will
        ({"does": "back", "at": "2026-03-09T07:30:00Z"}, "2026-03-09T07:30:00Z"),
    ],
)  # fmt: skip
async def test_a_task_is_put_off(office: Office, anna: Seller, form: Any, at: str) -> None:
    client = await office.client(anna.person)
    task = await due(anna.person, NOON - HOUR, client_id=client)
    reply = await anna.send(f"/today/tasks/{task}", version=1, **form)
    assert reply.status_code == 200, reply.text
    assert datetime.fromisoformat(
        (await anna.person.get(f"/tasks/{task}")).json()["due_at"]
    ) == datetime.fromisoformat(at)
    assert ("Put off till" in reply.text) == (form["does"] != "back")


async def test_a_stale_row_and_a_wrong_form_change_nothing(office: Office, anna: Seller) -> None:
    client = await office.client(anna.person)
    task = await due(anna.person, NOON - HOUR, client_id=client, title="Before")
    await anna.person.patch(f"/tasks/{task}", {"title": "Meanwhile"}, 1)
    before = await office.counts()
    stale = await anna.send(f"/today/tasks/{task}", version=1, does="done")
    assert stale.status_code == 412
    assert "Meanwhile" in stale.text
    assert toast(stale)["tone"] == "bad"
    for form in ({"does": "day"}, {"does": "back"}, {"does": "never"}, {"does": "done", "x": "1"}):
        assert (await anna.send(f"/today/tasks/{task}", version=2, **form)).status_code == 400, form
    assert await office.counts() == before
    plain = await anna.browser.post(f"/today/tasks/{task}", {"version": 2, "does": "done"})
    assert (plain.status_code, plain.headers["location"]) == (303, "/today")


async def test_long_sections_are_paged_and_ask_no_more_for_more(
    office: Office, anna: Seller
) -> None:
    deal = await with_deal(office, anna.person, amount=100)
    client = await office.client(anna.person)
    await due(anna.person, NOON - HOUR, card_id=deal["id"])
    await anna.look("/today")
    with asked(office) as few:
        await anna.look("/today")
    (sample,) = (await anna.person.get("/tasks")).json()["items"]
    rows = [
        {
            "title": "Call", "kind": "call", "due_at": NOON - HOUR * (number % 3 + 1),
            "assignee_id": anna.person.id, "version": 1, "created_at": NOON, "updated_at": NOON,
            "card_id": deal["id"] if number % 2 else None,
            "client_id": None if number % 2 else client,
        }
        for number in range(104)
    ]  # fmt: skip
    await office.do(lambda tx: tx.run(insert(stored), rows))
    with asked(office) as many:
        page = await anna.look("/today")
    assert len(many) == len(few) < 14
    seen, sections = section(page, "late"), [page]
    while found := re.search(r'hx-get="(/today/more[^"]+)"', sections[-1]):
        sections.append(await anna.look(found[1].replace("&amp;", "&")))
        seen += [int(one) for one in re.findall(r'<li class="task" id="t(\d+)"', sections[-1])]
    assert len(sections) == 3
    assert len(seen) == len(set(seen)) == 105
    tasks = (await anna.person.get("/tasks", limit=200)).json()["items"]
    worth = {one["id"]: one["card_id"] is None for one in tasks}
    at = {one["id"]: one["due_at"] for one in tasks}
    assert seen == sorted(seen, key=lambda one: (at[one], worth[one], one))
    assert sample["id"] in seen


async def test_what_is_typed_in_is_only_text(office: Office, anna: Seller) -> None:
    for payload in PAYLOADS:
        client = await office.client(anna.person, f"Client {payload}")
        deal = await new_deal(anna.person, client_id=client, title=f"Deal {payload}")
        await due(anna.person, NOON + HOUR, card_id=deal["id"], title=f"Task {payload}")
    page = await anna.look("/today")
    for payload in PAYLOADS:
        if "<" in payload:
            assert payload not in page
    assert len(section(page, "today")) == len(PAYLOADS)
    task = section(page, "today")[0]
    done = await anna.send(f"/today/tasks/{task}", version=1, does="done")
    following = await anna.send(f"/today/tasks/{task}/next", days=1, title=PAYLOADS[0])
    assert PAYLOADS[0] not in done.text + following.text


async def test_cards_without_a_step_and_cards_handed_over(office: Office, anna: Seller) -> None:
    boris = await sitting(office, "boris")
    deal = await with_deal(office, boris.person, "Handed", 50000)
    await with_deal(office, boris.person, "Kept")
    await with_deal(office, anna.person, "Idle")
    busy = await with_deal(office, anna.person, "Busy")
    await new_task(anna.person, card_id=busy["id"])
    await boris.person.post(
        f"/deals/{deal['id']}/transfer", {"owner_id": anna.person.id}, deal["version"]
    )
    page = await anna.look("/today")
    seen = text_of(page).replace("\xa0", " ")
    assert "2 open cards have no task." in seen
    assert f"m={anna.person.id}&amp;flag=notask" in page
    assert "from boris" in seen
    assert "Kept" not in page
    assert f'hx-post="/deals/{deal["id"]}/opened"' in page
    await anna.send(f"/deals/{deal['id']}/opened")
    assert "from boris" not in await anna.look("/today")


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 задача, за ней"), (2, "2 задачи, за ними"), (5, "5 задач, за ними")],
)
async def test_in_russian(office: Office, anna: Seller, count: int, said: str) -> None:
    deal = await with_deal(office, anna.person, amount=1200000)
    for _ in range(count):
        await due(anna.person, NOON + HOUR, card_id=deal["id"])
    form = {"name": "Анна", "locale": "ru", "version": 1}
    reply: httpx.Response = await anna.browser.post("/settings/me", form)
    assert reply.status_code == 303
    page = await anna.look("/today")
    seen = text_of(page).replace("\xa0", " ")
    assert f"{said} 1,2 млн ₽" in seen
    assert "Вторник, 10 марта" in seen
    assert title(page) == f"({count}) Сегодня · Voronka"
