"""Migrations from Python: one revision is one transaction, and two runs at once take turns."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, NullPool, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from backend import clock
from backend.db import revisions
from backend.db.engines import Database, open_database
from backend.db.session import passing

T = TypeVar("T")
Step = Callable[[Connection, str], str | None]

LOCK = 0x766F726F6E6B61  # "voronka", the advisory lock of whoever migrates
PATIENCE = 15  # tries of one step; each waits at most 2 s for the tables it alters


class MigrationError(Exception):
    """The database cannot be brought to the revision asked for."""


def head() -> str:
    """The newest revision this code knows."""
    return _scripts().get_current_head() or ""


def upgrade(url: str, target: str = "head") -> list[str]:
    """Bring the database up to a revision; gives the revisions that were applied."""
    return _all_steps(url, target, _one_up)


def downgrade(url: str, target: str) -> list[str]:
    """Take the database back to a revision or to "base"; gives the revisions taken back.

    A revision that the database is not beyond is refused, and nothing taken back.
    """
    return _all_steps(url, target, _one_down)


def current(url: str) -> str | None:
    """The revision the database stands at; None before the first."""
    return _looked_at(url, _revision)


def pending(url: str) -> list[str]:
    """The revisions the database still lacks, oldest first."""
    return _looked_at(url, missing)


def revise(words: str) -> None:
    """Write a new migration from the difference between the tables and the migrations so far."""

    async def compare(url: str) -> None:
        async with _opened(url) as database, database.read() as connection:
            await connection.run_sync(
                lambda sync: command.revision(
                    _config(sync),
                    words,
                    autogenerate=True,
                    rev_id=clock.now().strftime("%Y_%m_%d_%H%M"),
                )
            )

    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite+aiosqlite:///{directory}/migrated.db"
        upgrade(url)
        asyncio.run(compare(url))


def missing(connection: Connection, target: str = "head") -> list[str]:
    """The revisions between the database and a target, oldest first."""
    try:
        steps = list(_scripts().iterate_revisions(target, _revision(connection) or "base"))
    except (CommandError, RevisionError) as error:
        raise MigrationError(
            f"the database is at revision {_revision(connection)}, which this version of Voronka"
            " does not know: run the newer version that made it"
        ) from error
    return [step.revision for step in reversed(steps)]


def _one_up(connection: Connection, target: str) -> str | None:
    revision = next(iter(missing(connection, target)), None)
    if revision is not None:
        _walk(connection, lambda at: _scripts()._upgrade_revs(revision, at))
    return revision


def _one_down(connection: Connection, target: str) -> str | None:
    """A target that is not on the way is refused: nothing would stop the way down before base."""
    *below, revision = ("base", *revisions.known())[: -len(missing(connection)) or None]
    if revision == target:
        return None
    if target not in below:
        raise MigrationError(
            f"{target} does not lie below revision {revision}, at which the database is: see the"
            " names in alembic/versions, or say base, which takes everything away"
        )
    _walk(connection, lambda at: _scripts()._downgrade_revs(below[-1], at))
    return revision


def _walk(connection: Connection, steps: Callable[[Any], list[RevisionStep]]) -> None:
    """What Alembic's own commands do, which would read all migrations anew for each of them."""
    with EnvironmentContext(_config(connection), _scripts(), fn=lambda at, _: steps(at)):
        _scripts().run_env()
    _check_references(connection)


def _check_references(connection: Connection) -> None:
    """Foreign keys are off while SQLite's tables are rebuilt, so they are checked afterwards."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise MigrationError(f"table {broken[0]} would be left with broken references")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _all_steps(url: str, target: str, step: Step) -> list[str]:
    async def run() -> list[str]:
        done: list[str] = []
        async with _opened(url) as database:
            while revision := await _patiently(lambda: _alone(database, step, target)):
                done.append(revision)
        return done

    return asyncio.run(run())


async def _alone(database: Database, step: Step, target: str) -> str | None:
    """One step in one transaction that no other migration can be inside of."""
    async with database.write() as connection:
        if database.dialect == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            # A table that is in use is waited for briefly, so that its users do not queue behind.
            await connection.execute(text("SET LOCAL lock_timeout = '2s'"))
        return await connection.run_sync(step, target)


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    for attempt in range(1, PATIENCE + 1):
        try:
            return await work()
        except DBAPIError as error:
            if attempt == PATIENCE or not passing(error):
                raise
            await asyncio.sleep(0.2 * attempt)
    raise AssertionError("unreachable")


def _looked_at(url: str, look: Callable[[Connection], T]) -> T:
    async def run() -> T:
        async with _opened(url) as database, database.read() as connection:
            return await _run_sync(connection, look)

    return asyncio.run(run())


async def _run_sync(connection: AsyncConnection, look: Callable[[Connection], T]) -> T:
    return await connection.run_sync(look)


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    # A file is opened once for all steps; a server's connection would keep plans of tables as
    # they were before one.
    kept: dict[str, Any] = {} if url.startswith("sqlite") else {"poolclass": NullPool}
    database = open_database(url, alone=True, **kept)
    if database.dialect == "sqlite":
        event.listen(database.engine.sync_engine, "connect", _for_rebuilding)
    try:
        yield database
    finally:
        await database.dispose()


def _for_rebuilding(connection: Any, record: object) -> None:
    """A rebuilt table is dropped for a moment, which must not empty those that refer to it."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.execute("PRAGMA busy_timeout=60000")
    cursor.close()


def _config(connection: Connection | None = None) -> Config:
    config = Config(toml_file=revisions.ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(revisions.directory()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
