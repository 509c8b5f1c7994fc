"""Backups and their return: SQLite by its online copy, PostgreSQL by its own programs."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import URL, NullPool, make_url, text

from backend.db.engines import Database, open_database

MAGIC = {b"SQLite format 3\0": "sqlite", b"PGDMP": "postgresql"}
JOBS = "2"  # tables and indexes that are restored at once
_NOT_A_BACKUP = "{file} is no backup that `voronka backup` has made"

_TABLES = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')",
}
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


class CopyError(Exception):
    """A backup cannot be made or given back; the message says what to do."""


def save(url: str, file: Path, environ: Mapping[str, str]) -> None:
    """Copy the database as it stands at one instant, while everybody goes on writing.

    The file appears whole or not at all, readable by us alone.
    """
    if file.exists():
        raise CopyError(f"{file} exists already: choose another name")
    part = file.with_name(file.name + ".part")
    with contextlib.suppress(FileNotFoundError):
        part.unlink()
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        target = make_url(url)
        if target.get_backend_name() == "sqlite":
            _copy(Path(str(target.database)), part)
        else:
            _run("pg_dump", target, environ, "--format=custom", "--no-owner", "--no-privileges",
                 f"--file={part}")  # fmt: skip
        _keep(part)
        part.rename(file)
        _keep(file.parent)
    finally:
        part.unlink(missing_ok=True)


def kind(file: Path) -> str:
    """Which database a backup is of."""
    try:
        with file.open("rb") as opened:
            head = opened.read(16)
    except OSError as error:
        raise CopyError(f"{file} cannot be read: {error.strerror}") from None
    for magic, name in MAGIC.items():
        if head.startswith(magic):
            return name
    raise CopyError(_NOT_A_BACKUP.format(file=file))


async def give_back(url: str, file: Path, environ: Mapping[str, str], *, force: bool) -> None:
    """Put a backup in the place of an empty database; of any, where `force` says so."""
    target = make_url(url)
    name = target.get_backend_name()
    if kind(file) != name:
        raise CopyError(f"{file} is of {kind(file)}, and the database here is {name}")
    database = open_database(url, poolclass=NullPool)
    try:
        await _make_room(database, force)
    finally:
        await database.dispose()
    if name == "sqlite":
        _replace(Path(str(target.database)), file)
    else:
        _run("pg_restore", target, environ, "--no-owner", "--no-privileges", "--exit-on-error",
             f"--jobs={JOBS}", f"--dbname={target.database}", str(file))  # fmt: skip


async def _make_room(database: Database, force: bool) -> None:
    if database.dialect == "sqlite" and _blank(Path(str(database.engine.url.database))):
        return
    async with database.read() as conn:
        held = (await conn.execute(text(_TABLES[database.dialect]))).scalar_one()
    if held and not force:
        raise CopyError(
            f"The database is not empty ({held} tables): give an empty one, or say --force to"
            " lose what it holds"
        )
    if database.dialect == "sqlite":
        return
    async with database.write() as conn:
        if others := (await conn.execute(text(_OTHERS))).scalar_one():
            raise CopyError(f"{others} others are connected to the database: stop them first")
        if held:
            await conn.execute(text("DROP SCHEMA public CASCADE"))
            await conn.execute(text("CREATE SCHEMA public"))


def _blank(place: Path) -> bool:
    return not place.exists() or place.stat().st_size == 0


def _copy(source: Path, part: Path) -> None:
    if not source.is_file():
        raise CopyError(f"There is no database at {source}")
    with (
        contextlib.closing(sqlite3.connect(source, timeout=10)) as theirs,
        contextlib.closing(sqlite3.connect(part)) as ours,
    ):
        theirs.backup(ours)  # all pages in one read: writers go on beside it
        ours.execute("PRAGMA journal_mode=DELETE")
        _demand_whole(ours, part)


def _demand_whole(connection: sqlite3.Connection, file: Path) -> None:
    said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        raise CopyError(f"{file} is damaged: {said}")


def _replace(place: Path, file: Path) -> None:
    """Whoever still has the old file open keeps it and is not seen any more."""
    part = place.with_name(place.name + ".part")
    shutil.copyfile(file, part)
    os.chmod(part, 0o600)
    try:
        with contextlib.closing(sqlite3.connect(part)) as connection:
            _demand_whole(connection, file)
        _keep(part)
        for left in ("-wal", "-shm"):
            place.with_name(place.name + left).unlink(missing_ok=True)
        part.rename(place)
        _keep(place.parent)
    except sqlite3.DatabaseError:
        raise CopyError(_NOT_A_BACKUP.format(file=file)) from None
    finally:
        part.unlink(missing_ok=True)


def _keep(place: Path) -> None:
    """Have it on the disk, not only on its way there."""
    number = os.open(place, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _run(program: str, url: URL, environ: Mapping[str, str], *words: str) -> None:
    """Run one of PostgreSQL's programs; the password goes through the environment alone."""
    try:
        done = subprocess.run(
            [program, *words],
            env={**environ, **dict(_libpq(url))},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise CopyError(
            f"{program} is not on the PATH: install PostgreSQL's client programs"
        ) from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise CopyError(f"{program} failed: {said[0][:300] if said else done.returncode}")


def _libpq(url: URL) -> Iterator[tuple[str, str]]:
    """What PostgreSQL's own programs read where the product reads its URL."""
    given = {
        "PGHOST": url.query.get("host") or url.host, "PGPORT": url.query.get("port") or url.port,
        "PGUSER": url.username, "PGPASSWORD": url.password, "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("ssl") or url.query.get("sslmode"),
    }  # fmt: skip
    for name, value in given.items():
        if value is not None:
            yield name, str(value)
