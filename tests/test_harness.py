"""The harness itself: what a test writes is gone, and the servers are truly ours."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.conftest import FreshDatabase
from tests.held import HeldDatabase
from tests.launchers import postgres as launcher


async def count(database: HeldDatabase) -> int:
    async with database.read() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM team"))).scalar_one())


async def add(database: HeldDatabase, name: str) -> None:
    async with database.write() as connection:
        await connection.execute(
            text(
                "INSERT INTO team (name, created_at, updated_at)"
                " VALUES (:name, '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')"
            ),
            {"name": name},
        )


@pytest.mark.parametrize("turn", [1, 2])
async def test_a_write_is_seen_by_this_test_alone(database: HeldDatabase, turn: int) -> None:
    assert await count(database) == 0
    await add(database, "north")
    assert await count(database) == 1


async def test_a_failed_write_is_undone_and_the_next_one_works(database: HeldDatabase) -> None:
    await add(database, "north")
    with pytest.raises(DBAPIError):
        await add(database, "north")
    await add(database, "south")
    assert await count(database) == 2


async def test_what_a_reader_writes_is_lost(database: HeldDatabase) -> None:
    async with database.read() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
    async with database.read() as connection:
        kept = await connection.execute(text("SELECT count(*) FROM alembic_version"))
        assert kept.scalar_one() == 1


async def test_tasks_take_turns_on_the_one_connection(database: HeldDatabase) -> None:
    await asyncio.gather(*(add(database, f"team {number}") for number in range(5)))
    assert await count(database) == 5


async def test_a_fresh_database_is_seen_from_outside(fresh_database: FreshDatabase) -> None:
    async with fresh_database.database.write() as connection:
        await connection.execute(text("CREATE TABLE kept (id integer)"))
    async with fresh_database.database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM kept"))).scalar() == 0


def test_postgres_runs_as_an_ordinary_user_and_without_a_port(postgres: launcher.Server) -> None:
    owner = postgres.directory.joinpath("data").stat().st_uid
    assert owner == postgres.directory.stat().st_uid
    assert owner != 0
    assert asked(postgres, "SHOW listen_addresses") == ""
    assert asked(postgres, "SHOW fsync") == "off"
    assert asked(postgres, "SHOW server_encoding") == "UTF8"


def test_a_durable_cluster_comes_back_after_a_kill() -> None:
    with launcher.running(durable=True) as server:
        assert asked(server, "SHOW fsync") == "on"
        asked(server, "CREATE TABLE kept AS SELECT 7 AS seven")
        server.child.kill()
        server.child.wait()
        server.restart()
        assert asked(server, "SELECT seven FROM kept") == 7


def asked(server: launcher.Server, statement: str) -> object:
    async def ask() -> object:
        connection = await server.connect()
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())
