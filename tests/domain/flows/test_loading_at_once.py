"""Two windows load one file at the same instant: its cards are made once.

On SQLite there is one writer at a time, so nothing can meet.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from backend.db.session import Unit, writing
from backend.domain.flows import loading
from backend.domain.flows.imports import queries
from backend.domain.flows.imports.files import SourceRow
from backend.domain.flows.loading import Account
from tests.conftest import FreshDatabase
from tests.domain.flows.test_crosswise import waits
from tests.office import Office


async def either(*waited_for: Coroutine[Any, Any, Any]) -> None:
    """Until one of these has come."""
    tasks = [asyncio.create_task(one) for one in waited_for]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_file_that_is_loaded_twice_at_once(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one begins before the first has ended, and makes its cards after that."""
    office = Office(fresh_database.database)
    anna = await office.person("anna")
    viewer = await office.viewer(anna)
    (home, *_) = (await anna.get("/pipelines", kind="lead")).json()["items"]
    order = loading.Order("lead", home["id"], ".", "load")
    rows = [SourceRow(line, {"title": title}) for line, title in enumerate("ABCC", 2)]
    backwards = [SourceRow(line, row.cells) for line, row in enumerate(reversed(rows), 2)]
    look, looked, ended = queries.loaded, asyncio.Event(), asyncio.Event()
    second: list[asyncio.Task[Account]] = []

    async def slow_look(*asked: Any) -> Any:
        found = await look(*asked)
        if second:
            looked.set()
            await ended.wait()
        return found

    async def first(work: Callable[[Unit], Awaitable[Account]]) -> Account:
        async with office.database.write() as conn, writing(conn, office.now) as tx:
            found = await work(tx)
            second.append(asyncio.create_task(loading.load(office.do, viewer, order, backwards)))
            await either(waits(office, second[0]), looked.wait())
        return found

    monkeypatch.setattr(queries, "loaded", slow_look)
    async with asyncio.timeout(30):
        winner = await loading.load(first, viewer, order, rows)
        ended.set()
        loser = await second[0]
    assert (winner.made, winner.known) == (4, [])
    assert (loser.made, loser.known) == (0, [office.now] * 4)
    made = (await anna.get("/leads", sort="id")).json()["items"]
    assert [one["title"] for one in made] == list("ABCC")
