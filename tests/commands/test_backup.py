"""`voronka backup` and `voronka restore`: whole, refused where it would destroy, and then safe."""

import asyncio
import os
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from backend import clock
from backend.commands import backup, restore
from backend.db import migrate
from backend.db.engines import open_database
from backend.db.models import card, change, worker_heartbeat
from backend.domain.feed import actions as feed
from backend.domain.feed import queries as log
from backend.domain.vitals import actions as vitals
from backend.domain.vitals.actions import BEYOND, settle
from tests.launchers import postgres as postgres_launcher
from tests.launchers import valkey as valkey_launcher
from tests.office import Office


@pytest.fixture
def elsewhere(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if dialect == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'elsewhere.db'}"
        return
    server: postgres_launcher.Server = request.getfixturevalue("postgres")
    name = f"elsewhere_{uuid.uuid4().hex}"
    yield asyncio.run(server.create(name, "template0"))
    asyncio.run(server.drop(name))


@pytest.fixture(autouse=True)
def _programs(dialect: str, request: pytest.FixtureRequest, monkeypatch: Any) -> None:
    """PostgreSQL's own programs are the server's."""
    if dialect == "postgresql":
        programs = request.getfixturevalue("postgres").programs
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")


def run(command: Any, url: str, queue: str, *words: str) -> Result:
    given = {
        "VORONKA_DATABASE_URL": url, "VORONKA_REDIS_URL": queue, "VORONKA_SECRET_KEY": "s" * 32,
    }  # fmt: skip
    return CliRunner().invoke(command, words, env=given)


async def work(url: str) -> None:
    """Two deals, and a worker that was alive."""
    database = open_database(url)
    office = Office(database, now=clock.now())
    anna = await office.person("anna")
    acme = await office.client(anna)
    for title in ("Servers", "Support"):
        assert (await anna.post("/deals", {"title": title, "client_id": acme})).status_code == 201
    await office.do(lambda tx: vitals.tell_worker(tx, "w:1", "q", office.now))
    await database.dispose()


async def held(url: str) -> tuple[list[str], int, int, int]:
    """Titles, the log's last number, the relay's cursor, workers."""
    database = open_database(url)
    async with database.read() as conn:
        titles = list((await conn.execute(select(card.c.title).order_by(card.c.id))).scalars())
        top = (await conn.execute(select(func.max(change.c.id)))).scalar_one()
        workers = (await conn.execute(select(func.count()).select_from(worker_heartbeat))).scalar()
    office = Office(database)
    cursor = await office.do(lambda tx: log.cursor(tx, "relay"))
    await database.dispose()
    return titles, top, cursor, int(workers or 0)


def test_there_and_back(
    fresh_url: str, elsewhere: str, valkey: valkey_launcher.Server, tmp_path: Path
) -> None:
    queue, file = "unix:///nowhere/valkey.sock", tmp_path / "kept.dump"
    asyncio.run(work(fresh_url))
    titles, top, cursor, workers = asyncio.run(held(fresh_url))
    assert (titles, cursor, workers) == (["Servers", "Support"], 0, 1)

    made = run(backup.command, fresh_url, queue, str(file))
    assert (made.exit_code, made.stdout) == (0, f"{file}\n"), made.output
    assert file.stat().st_mode & 0o077 == 0
    assert [one.name for one in tmp_path.iterdir() if one.suffix != ".db"] == ["kept.dump"]
    again = run(backup.command, fresh_url, queue, str(file))
    assert "exists already" in str(again.exception)

    refused = run(restore.command, fresh_url, queue, str(file))
    assert "is not empty" in str(refused.exception)
    done = run(restore.command, elsewhere, queue, str(file))
    assert done.exit_code == 0, (done.output, done.exception)
    assert done.stdout.splitlines()[-1] == migrate.head()
    assert f"all up to {top} are taken for delivered" in done.stderr
    assert asyncio.run(held(elsewhere)) == (titles, top, top, 0)

    asyncio.run(work_on(elsewhere))
    refused = run(restore.command, elsewhere, queue, str(file))
    assert "is not empty" in str(refused.exception)
    assert asyncio.run(held(elsewhere))[1] == top + BEYOND + 1
    done = run(restore.command, elsewhere, queue, str(file), "--force", "--send-again")
    assert done.exit_code == 0, (done.output, done.exception)
    assert asyncio.run(held(elsewhere)) == (titles, top, 0, 0)


async def work_on(url: str) -> None:
    database = open_database(url)
    office = Office(database, now=clock.now())
    boris = await office.person("boris")
    acme = await office.client(boris)
    assert (await boris.post("/deals", {"title": "New", "client_id": acme})).status_code == 201
    await database.dispose()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("delivered", "again", "relayed", "following"),
    [
        (None, False, 9, 9),  # nobody knows: all may have been delivered
        (7, False, 7, 9),  # the last two were not
        (12, False, 9, 12),  # the lost database had gone on
        (3, False, 5, 9),  # another queue, or one that was emptied
        (12, True, 5, 12),
        (None, True, 5, 9),
    ],
)
async def test_what_counts_as_relayed(
    office: Office, delivered: int | None, again: bool, relayed: int, following: int
) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    first = 0
    for number in range(9):
        await anna.post("/deals", {"title": f"{number}", "client_id": acme})
        if not number:
            first = await office.do(lambda tx: tx.scalar(select(func.max(change.c.id)))) - 1
    await office.do(lambda tx: feed.forward(tx, "relay", first + 5))
    told = None if delivered is None else first + delivered
    settled = await office.do(lambda tx: settle(tx, told, again))
    assert settled.relayed == first + relayed
    assert await office.do(lambda tx: log.cursor(tx, "relay")) == first + relayed
    assert settled.next == first + following + BEYOND
    await anna.post("/deals", {"title": "next", "client_id": acme})
    newest = await office.do(lambda tx: tx.scalar(select(func.max(change.c.id))))
    assert newest == settled.next + 1


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_what_is_no_backup(fresh_url: str, elsewhere: str, tmp_path: Path) -> None:
    queue, file = "unix:///nowhere/valkey.sock", tmp_path / "file"
    file.write_bytes(b"hello")
    assert "is no backup" in str(run(restore.command, elsewhere, queue, str(file)).exception)
    file.write_bytes(b"PGDMP...")
    refused = run(restore.command, elsewhere, queue, str(file))
    assert "is of postgresql, and the database here is sqlite" in str(refused.exception)
    file.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    before = Path(fresh_url.partition("///")[2]).read_bytes()
    refused = run(restore.command, fresh_url, queue, str(file), "--force")
    assert "is no backup" in str(refused.exception)
    assert Path(fresh_url.partition("///")[2]).read_bytes() == before
    refused = run(backup.command, elsewhere, queue, str(tmp_path / "other"))
    assert "There is no database at" in str(refused.exception)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_what_sqlite_has_not_yet_written_back_is_in_it(fresh_url: str, tmp_path: Path) -> None:
    file = tmp_path / "kept.db"
    writer = sqlite3.connect(fresh_url.partition("///")[2], isolation_level=None)
    writer.execute("PRAGMA wal_autocheckpoint=0")
    writer.execute("UPDATE company SET name = 'in the journal'")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE company SET name = 'not committed'")
    made = run(backup.command, fresh_url, "unix:///nowhere/valkey.sock", str(file))
    assert made.exit_code == 0, made.output
    writer.execute("ROLLBACK")
    writer.close()
    copy = sqlite3.connect(file)
    assert copy.execute("SELECT name FROM company").fetchone() == ("in the journal",)
    copy.close()
