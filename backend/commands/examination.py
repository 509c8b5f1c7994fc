"""What `voronka doctor` looks at: one finding for each thing, without a secret in any of them."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy.exc import DBAPIError

from backend import clock
from backend.bus import Bus
from backend.db import revisions
from backend.db.engines import Database, open_database
from backend.db.session import Unit
from backend.domain.vitals import queries
from backend.settings import Settings

DISTINCT = 10  # different characters that a made secret has at the least
APART = 60.0  # seconds that clocks may differ
FULL = 0.05  # of a disk that should be free …
ENOUGH = 5 << 30  # … unless so many bytes are
LEAST = 500 << 20
LATE = 75 * 60.0  # seconds after which a due renewal should have been swept


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at: how it is and, where that is wrong, what to do."""

    name: str
    ok: bool
    told: str
    do: str | None = None


def wrong(name: str, told: str, do: str) -> Finding:
    return Finding(name, False, told, do)


async def examine(settings: Settings) -> list[Finding]:
    """All findings; what stands on something that is wrong is left out."""
    found = [Finding("settings", True, "they are read"), _secret(settings)]
    found += _disk(settings)
    mark = None
    bus = Bus(settings.queue)
    try:
        mark = await bus.mark()
        queue = Finding("queue", True, "answers")
    except Exception as error:
        queue = wrong("queue", f"does not answer ({type(error).__name__})", _start_queue(settings))
    finally:
        await bus.close()
    found += await _database(settings, mark)
    return [*found, queue]


def _secret(settings: Settings) -> Finding:
    key = settings.secret_key
    make = "make one with `openssl rand -hex 32` and use it for every process"
    if key is None:
        if settings.embedded:
            return Finding("secret", True, "will be made at the first start")
        return wrong("secret", "VORONKA_SECRET_KEY is not set", make)
    if len(set(key)) < DISTINCT or "change" in key.lower():
        return wrong("secret", "VORONKA_SECRET_KEY can be guessed", make)
    return Finding("secret", True, "is set")


def _disk(settings: Settings) -> Iterator[Finding]:
    place = settings.data_dir
    while not place.exists():
        place = place.parent
    elsewhere = "set VORONKA_DATA_DIR to another directory, or change whose this one is"
    if not place.is_dir():
        yield wrong("data directory", f"{place} is no directory", elsewhere)
    elif not _writable(place):
        yield wrong("data directory", f"{place} cannot be written to", elsewhere)
    else:
        later = "" if place == settings.data_dir else ", made at the first start"
        yield Finding("data directory", True, f"{settings.data_dir}{later}")
    usage = shutil.disk_usage(place)
    told = f"{usage.free / 2**30:.1f} GiB of {usage.total / 2**30:.0f} GiB are free"
    if usage.free < LEAST or usage.free < min(FULL * usage.total, ENOUGH):
        yield wrong("disk", f"only {told}", "make room: without it no write succeeds")
    else:
        yield Finding("disk", True, told)


def _writable(place: Path) -> bool:
    if not os.access(place, os.W_OK | os.X_OK):
        return False
    try:
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False


def _start_queue(settings: Settings) -> str:
    if settings.embedded:
        return "start the product with `voronka run`, which brings its queue along"
    return "start it, or correct VORONKA_REDIS_URL; meanwhile nothing is lost, it only waits"


async def _database(settings: Settings, mark: str | None) -> list[Finding]:
    try:
        database = open_database(settings.database)
    except RuntimeError as error:
        return [wrong("database", str(error), "use a Python that was built with a newer one")]
    try:
        if settings.database_url is None and not (settings.data_dir / "voronka.db").exists():
            return [wrong("database", "there is none yet", "run `voronka run`, which makes it")]
        return await _looked_into(database, mark)
    except Exception as error:
        return [wrong("database", f"does not answer ({_reason(error)})", _start_database(settings))]
    finally:
        await database.dispose()


def _start_database(settings: Settings) -> str:
    where = "VORONKA_DATABASE_URL" if settings.database_url else "the data directory"
    return f"start it, or correct {where}"


def _reason(error: BaseException) -> str:
    """The name of what went wrong, and of what lies behind it; never its words."""
    inner = error.orig if isinstance(error, DBAPIError) else None
    cause = getattr(inner, "__cause__", None) or inner or error
    return type(cause).__name__


async def _looked_into(database: Database, mark: str | None) -> list[Finding]:
    async with database.read() as conn:
        tx = Unit(conn, clock.now())
        found = [Finding("database", True, await _kind(tx))]
        try:
            behind = await conn.run_sync(revisions.missing)
        except ValueError:
            newer = "it was made by a newer version of Voronka"
            return [*found, wrong("migrations", newer, "run that version")]
        if behind:
            told = f"{len(behind)} are pending"
            return [*found, wrong("migrations", told, "run `voronka migrate`")]
        found.append(Finding("migrations", True, f"at {revisions.known()[-1]}"))
        return [*found, await _clock(tx), *await _workers(tx, mark), await _renewals(tx)]


async def _kind(tx: Unit) -> str:
    if tx.conn.dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version} answers"
    version = tx.conn.dialect.server_version_info or ()
    return f"PostgreSQL {'.'.join(str(part) for part in version)} answers"


async def _clock(tx: Unit) -> Finding:
    before = clock.now()
    theirs = await queries.database_now(tx)
    ours = before + (clock.now() - before) / 2
    apart = (ours - theirs).total_seconds()
    if abs(apart) > APART:
        ahead = "ahead of" if apart > 0 else "behind"
        told = f"this machine's is {abs(apart):.0f} s {ahead} the database's"
        return wrong("clock", told, "set both by NTP")
    for worker in await queries.workers(tx):
        if (early := (worker.seen_at - theirs).total_seconds()) > APART:
            told = f"the worker {worker.name} is {early:.0f} s ahead of the database"
            return wrong("clock", told, "set both by NTP")
    return Finding("clock", True, f"{abs(apart):.1f} s from the database's")


async def _workers(tx: Unit, mark: str | None) -> Iterator[Finding]:
    seen = [one for one in await queries.workers(tx) if one.seen_at > tx.now - queries.ALIVE]
    start = "start `voronka worker`: without it no renewal comes into work by itself"
    if not seen:
        return iter([wrong("worker", "none was seen within a minute", start)])
    found = [Finding("worker", True, f"{len(seen)} seen within a minute")]
    marks = await queries.queues(tx)
    if mark is not None:
        marks["these settings"] = mark
    if len(set(marks.values())) > 1:
        groups = [
            ", ".join(sorted(name for name in marks if marks[name] == one))
            for one in sorted(set(marks.values()))
        ]
        told = f"the processes speak to different ones: {'; '.join(sorted(groups))}"
        do = "give VORONKA_REDIS_URL the same value everywhere and start again what had another"
        found.append(wrong("same queue", told, do))
    else:
        found.append(Finding("same queue", True, "servers and workers speak to one"))
    return iter(found)


async def _renewals(tx: Unit) -> Finding:
    vitals = await queries.vitals(tx)
    if vitals.parked:
        told = f"{vitals.parked} could not be activated again and again"
        return wrong("renewals", told, "see the reasons in the log and activate them by hand")
    if vitals.due_age > LATE:
        told = f"one has been due for {vitals.due_age / 3600:.1f} hours"
        return wrong("renewals", told, "see that a worker runs, or run `voronka sweep`")
    return Finding("renewals", True, "none is due and waits")
