"""One piece of a night's work that fails is noted; a stop or a lost connection is no failure."""

import asyncio

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from backend.db.models import team
from backend.db.session import Unit
from backend.domain.flows import runs
from tests.conftest import FreshDatabase
from tests.office import NOON, Office

pytestmark = pytest.mark.anyio
ASLEEP = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = :asked")
SLEEP = "SELECT pg_sleep(30)"


async def _add(tx: Unit, name: str) -> None:
    await tx.run(insert(team), {"name": name, "created_at": NOON, "updated_at": NOON})


async def _names(office: Office) -> list[str]:
    found = await office.do(lambda tx: tx.rows(select(team.c.name)))
    return [one["name"] for one in found]


async def test_a_piece_that_fails_is_noted_and_the_rest_goes_on(office: Office) -> None:
    noted: list[str] = []

    async def note(told: str) -> None:
        noted.append(told)

    async def work(tx: Unit) -> list[bool | None]:
        async def bad() -> None:
            await _add(tx, "South")
            raise ValueError("out of the question")

        async def good() -> bool:
            await _add(tx, "North")
            return True

        return [await runs.apart(tx, "a team", one, note) for one in (bad, good)]

    assert await office.do(work) == [None, True]
    assert noted == ["ValueError"]
    assert await _names(office) == ["North"]


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_stop_amid_a_statement_is_a_stop(fresh_database: FreshDatabase) -> None:
    """The connection goes with the statement: what was meant to be undone must not hide why."""
    office, noted = Office(fresh_database.database), list[str]()
    stopped = asyncio.create_task(office.do(lambda tx: _piece(tx, noted)))
    async with fresh_database.database.read() as other:
        while not (await other.execute(ASLEEP, {"asked": SLEEP})).scalar_one():
            pass
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    assert noted == []
    assert await _names(office) == []


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_lost_connection_is_no_fault_of_the_piece(fresh_database: FreshDatabase) -> None:
    office, noted = Office(fresh_database.database), list[str]()
    losing = asyncio.create_task(office.do(lambda tx: _piece(tx, noted)))
    end = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = :asked")
    async with fresh_database.database.read() as other:
        while not (await other.execute(end, {"asked": SLEEP})).scalar():
            pass
    with pytest.raises(DBAPIError) as lost:
        await losing
    assert lost.value.connection_invalidated
    assert noted == []
    assert await _names(office) == []


async def _piece(tx: Unit, noted: list[str]) -> bool | None:
    """A piece of work that writes and then hangs in the database."""

    async def note(told: str) -> None:
        noted.append(told)

    async def work() -> None:
        await _add(tx, "North")
        await tx.conn.exec_driver_sql(SLEEP)

    return await runs.apart(tx, "a team", work, note)
