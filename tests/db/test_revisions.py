"""What a server knows of migrations is what the tool that runs them knows."""

import pytest
from sqlalchemy import Connection, text

from backend.db import migrate, revisions
from tests.conftest import FreshDatabase
from tests.db.committed import within


def both(connection: Connection) -> tuple[list[str], list[str]]:
    return revisions.missing(connection), migrate.missing(connection)


def test_an_empty_database_lacks_all(empty: str) -> None:
    light, whole = within(empty, lambda connection: connection.run_sync(both))
    assert light == whole == list(revisions.known())


async def test_the_same_is_missing_at_every_revision(fresh_database: FreshDatabase) -> None:
    for place, revision in enumerate(revisions.known(), start=1):
        async with fresh_database.database.write() as connection:
            move = text("UPDATE alembic_version SET version_num = :revision")
            await connection.execute(move, {"revision": revision})
            light, whole = await connection.run_sync(both)
        assert light == whole == list(revisions.known()[place:])


async def test_a_later_revision_is_refused(fresh_database: FreshDatabase) -> None:
    async with fresh_database.database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '2999_01_01_0000'"))
        with pytest.raises(ValueError, match="not in tuple"):
            await connection.run_sync(revisions.missing)
