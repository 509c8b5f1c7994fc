"""Whoever stores the last number of the log misses nothing, whatever is still being written."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.session import Statement, Unit, writing
from backend.domain.access import Viewer
from backend.domain.feed import queries
from backend.domain.feed.actions import announce
from backend.domain.users.queries import as_system
from tests.conftest import FreshDatabase
from tests.faults import followers

pytestmark = pytest.mark.anyio
AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
LEAST = 100  # entries, however slow the machine is
SECONDS = 1.2


async def told(fresh: FreshDatabase, after: int = 0) -> list[int]:
    async with fresh.database.read() as conn:
        return [row["id"] for row in await queries.after(Unit(conn, AT), after, 100)]


async def complete(fresh: FreshDatabase) -> int:
    async with fresh.database.read() as conn:
        return await queries.horizon(Unit(conn, AT))


async def say(conn: AsyncConnection, viewer: Viewer, record_id: int) -> None:
    async with writing(conn, AT) as tx:
        await announce(tx, viewer, "created", "client", record_id, 1, [])


async def test_eight_writers_and_a_reader(fresh_database: FreshDatabase) -> None:
    found = await followers.follow(fresh_database.database, SECONDS, 7, least=LEAST)
    assert found.missed == []
    assert found.written >= LEAST


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_reader_without_a_horizon_misses_some(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "horizon", queries.horizon)  # put back at the end
    followers.naive()
    found = await followers.follow(fresh_database.database, SECONDS / 2, 7, least=LEAST)
    assert found.missed != []


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_whoever_began_later_may_have_the_lower_number(fresh_database: FreshDatabase) -> None:
    """The order of transactions says nothing about the order of their entries."""
    database = fresh_database.database
    async with database.write() as elder, database.write() as younger:
        viewer = await as_system(Unit(elder, AT), "worker")
        for connection in (elder, younger):
            await connection.execute(followers.BEGUN)
        await say(younger, viewer, 1)
        await say(elder, viewer, 2)
        await elder.commit()
        assert (await told(fresh_database), await complete(fresh_database)) == ([], 0)
        await younger.commit()
    assert (await told(fresh_database), await complete(fresh_database)) == ([1, 2], 2)


@dataclass(slots=True)
class Slow(Unit):
    """A reader whom others forestall: they do something after the first thing that he asks."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def scalar(self, statement: Statement, values: Any = None) -> Any:
        found = await Unit.scalar(self, statement, values)
        forestall, self.meanwhile = self.meanwhile, None
        if forestall is not None:
            await forestall()
        return found


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_what_happens_between_two_looks_is_not_missed(fresh_database: FreshDatabase) -> None:
    database = fresh_database.database
    async with database.read() as reader, database.write() as slow:
        viewer = await as_system(Unit(slow, AT), "worker")

        async def meanwhile() -> None:
            await say(slow, viewer, 1)
            async with database.write() as quick:
                await say(quick, viewer, 2)

        assert await queries.after(Slow(reader, AT, meanwhile=meanwhile), 0, 100) == []
        await slow.commit()
    assert await told(fresh_database) == [1, 2]


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_what_was_taken_back_holds_nothing_up(fresh_database: FreshDatabase) -> None:
    database = fresh_database.database
    async with database.write() as slow:
        viewer = await as_system(Unit(slow, AT), "worker")
        savepoint = await slow.begin_nested()
        await say(slow, viewer, 1)
        await savepoint.rollback()
        async with database.write() as other:
            await say(other, viewer, 2)
        assert await told(fresh_database) == [2]
        await say(slow, viewer, 3)
        async with database.write() as other:
            await say(other, viewer, 4)
        assert await told(fresh_database, 2) == []
    assert await told(fresh_database, 2) == [3, 4]
