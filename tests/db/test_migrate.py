"""Migrations: both databases, up and down, and no drift from the tables."""

from sqlalchemy import text

from tests.conftest import FreshDatabase
from tests.held import HeldDatabase


async def test_a_write_is_kept_for_the_test_alone(database: HeldDatabase) -> None:
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE left_over (id integer)"))
        await connection.execute(text("INSERT INTO left_over VALUES (1)"))
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM left_over"))).scalar() == 1


async def test_and_the_next_one_does_not_see_it(database: HeldDatabase) -> None:
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE left_over (id integer)"))


async def test_a_fresh_database_commits(fresh_database: FreshDatabase) -> None:
    async with fresh_database.database.write() as connection:
        await connection.execute(text("CREATE TABLE kept (id integer)"))
    async with fresh_database.database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM kept"))).scalar() == 0
