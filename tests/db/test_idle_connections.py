"""A connection that the server has cut while nobody used it costs at most one request."""

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.db import engines, postgres
from backend.db.engines import open_database
from tests.conftest import FreshDatabase

PID = text("SELECT pg_backend_pid()")


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_cut_connection_is_replaced_before_it_is_used(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "IDLE", 0.0)
    other = open_database(fresh_database.url)
    async with fresh_database.database.read() as connection:
        first = (await connection.execute(PID)).scalar_one()
    async with other.read() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
    async with fresh_database.database.read() as connection:
        assert (await connection.execute(PID)).scalar_one() != first
    await other.dispose()


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_connection_in_use_is_not_asked_each_time(fresh_database: FreshDatabase) -> None:
    pids = set()
    for _ in range(5):
        async with fresh_database.database.read() as connection:
            pids.add((await connection.execute(PID)).scalar_one())
    assert len(pids) == 1


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_cut_connection_is_told_as_lost_and_given_up(fresh_database: FreshDatabase) -> None:
    other = open_database(fresh_database.url)
    async with fresh_database.database.read() as connection:
        first = (await connection.execute(PID)).scalar_one()
    async with other.read() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
    await other.dispose()
    with pytest.raises(OperationalError) as met:
        async with fresh_database.database.write():
            raise AssertionError("it was used")
    assert met.value.connection_invalidated
    async with fresh_database.database.write() as connection:
        assert (await connection.execute(PID)).scalar_one() != first


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_connection_that_ends_between_two_messages_is_lost(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ended(*_: object) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 2")

    monkeypatch.setattr(asyncpg.Connection, "fetch", ended)
    with pytest.raises(OperationalError) as met:
        async with fresh_database.database.write() as connection:
            await postgres.ask(connection, "SELECT 1", [], True)
    assert met.value.connection_invalidated
