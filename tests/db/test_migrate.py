"""Migrations: up, down and up again, two at once, killed in the middle, no drift."""

import asyncio
import signal
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import Connection, NullPool, inspect, text

from backend.db import migrate
from backend.db.engines import open_database
from backend.db.revisions import ROOT, known
from tests.conftest import TEMPLATE, FreshDatabase
from tests.db.committed import built_as, content, within
from tests.db.filling import fill
from tests.launchers import postgres as launcher

BEFORE, REBUILDING = "2026_11_22_1720", "2026_11_22_1730"  # SQLite builds two tables anew
WAITING = text("SELECT pid FROM pg_locks WHERE NOT granted")


def shape(connection: Connection) -> dict[str, Any]:
    """Tables with their columns, indexes and constraints, as the database tells them."""
    seen = inspect(connection)
    tables = sorted(name for name in seen.get_table_names() if name != "alembic_version")
    return {
        name: (
            [(column["name"], str(column["type"]), column["nullable"])
             for column in seen.get_columns(name)],
            sorted(str(index["name"]) for index in seen.get_indexes(name)),
            sorted(str(check["name"]) for check in seen.get_check_constraints(name)),
            sorted(str(key["name"]) for key in seen.get_foreign_keys(name)),
        )
        for name in tables
    }  # fmt: skip


def looked_at(url: str) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        database = open_database(url, poolclass=NullPool)
        async with database.read() as connection:
            found = await connection.run_sync(shape)
        await database.dispose()
        return found

    return asyncio.run(look())


def test_down_to_nothing_and_up_again(fresh_url: str) -> None:
    before = looked_at(fresh_url)
    assert before
    for nowhere in ("yesterday", "", "2099_01_01_0000"):
        with pytest.raises(migrate.MigrationError, match=f"{nowhere} does not lie below"):
            migrate.downgrade(fresh_url, nowhere)
    assert migrate.current(fresh_url) == migrate.head()
    assert migrate.pending(fresh_url) == []
    taken_back = migrate.downgrade(fresh_url, "base")
    assert taken_back[0] == migrate.head()
    assert looked_at(fresh_url) == {}
    with pytest.raises(migrate.MigrationError, match="does not lie below revision base"):
        migrate.downgrade(fresh_url, taken_back[0])
    assert migrate.pending(fresh_url) == taken_back[::-1]
    assert migrate.upgrade(fresh_url) == taken_back[::-1]
    assert migrate.upgrade(fresh_url) == []
    assert looked_at(fresh_url) == before


def test_two_at_once_take_turns(empty: str) -> None:
    wanted = migrate.pending(empty)
    program = (
        f"from backend.db import migrate; print(flush=True); print(*migrate.upgrade({empty!r}))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        ours = migrate.upgrade(empty)
        theirs = other.stdout.read().split()
    assert (other.returncode, sorted(ours + theirs)) == (0, wanted)
    assert migrate.pending(empty) == []


def test_killed_amid_a_step_it_leaves_every_row_and_the_next_one_goes_on(fresh_url: str) -> None:
    """`python -m tests.faults torn` kills at random instants, on many rows."""
    within(fresh_url, fill)
    migrate.downgrade(fresh_url, BEFORE)
    before, built = content(fresh_url), within(fresh_url, built_as)
    for words, times in (("ALTER TABLE", "2"), ("UPDATE alembic_version", "1")):
        dying = [sys.executable, "-m", "tests.db.dying", fresh_url, words, times]
        assert subprocess.run(dying, cwd=ROOT, check=False).returncode == -signal.SIGKILL
        assert (content(fresh_url), within(fresh_url, built_as)) == (before, built)
    assert migrate.upgrade(fresh_url, REBUILDING) == [REBUILDING]
    assert content(fresh_url, before[0]) == before
    migrate.upgrade(fresh_url)
    assert migrate.pending(fresh_url) == []


async def test_a_database_of_a_newer_version_is_refused_in_words(
    fresh_database: FreshDatabase,
) -> None:
    async with fresh_database.database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'of tomorrow'"))
    with pytest.raises(migrate.MigrationError, match="of tomorrow, which this version"):
        await asyncio.to_thread(migrate.upgrade, fresh_database.url)


async def test_a_table_in_use_is_waited_for(postgres: launcher.Server) -> None:
    url = await postgres.create("busy", TEMPLATE)
    database = open_database(url, poolclass=NullPool)
    async with database.write() as connection:
        await connection.execute(text("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"))
        going_down = asyncio.create_task(asyncio.to_thread(migrate.downgrade, url, known()[-2]))
        waited = set[int]()
        while len(waited) < 2:  # a second try, by a connection of its own
            waited |= set((await connection.execute(WAITING)).scalars())
            assert not going_down.done()
            await asyncio.sleep(0.01)
    assert await going_down == [migrate.head()]
    await database.dispose()
    await postgres.drop("busy")
