"""The drill: a backup under load, the loss of everything but the queue, and the way back.

`make drill` prints how much is lost (RPO) and how long the way back takes (RTO); the verdict is
read from the database. `--weak` sends events again, and succeeds only where that is found out.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import func, select, text

from backend import clock
from backend.bus import STREAM
from backend.db import migrate
from backend.db.engines import Database, open_database
from backend.db.models import card, change
from backend.db.session import Unit
from backend.domain.feed import queries as log
from backend.domain.vitals import queries as vitals
from bench import load
from tests.faults import kills, renewals, wire
from tests.faults.plant import Part, Plant, plant
from tests.launchers import places, postgres, valkey
from tests.office import Office

WRITERS = 8
WITHIN = 300.0
TITLE = "Drill"
STAGE = "s2"  # of the one pipeline that the loaded company has for deals


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201


@dataclass
class Story:
    """What was acknowledged and when, what the backup took, and what the queue was sent."""

    acknowledged: list[tuple[float, int]] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0
    top: int = 0
    amiss: list[str] = field(default_factory=list)


@contextlib.contextmanager
def two(dialect: str, directory: Path) -> Iterator[tuple[str, str, Callable[[int], Any]]]:
    """Two databases, and what fills the first."""
    if dialect == "sqlite":
        files = [directory / "before.db", directory / "after.db"]
        before, after = (f"sqlite+aiosqlite:///{file}" for file in files)
        yield before, after, lambda cards: load.into_sqlite(files[0], cards)
        return
    with postgres.running(durable=True) as server:
        made = [asyncio.run(server.create(name, "template0")) for name in ("before", "after")]
        os.environ["PATH"] = f"{server.programs}:{os.environ['PATH']}"
        into = load.into_postgres
        yield made[0], made[1], lambda cards: asyncio.run(into(server.directory, "before", cards))


def sent(queue: valkey.Server) -> list[int]:
    """The numbers of all events that the queue was sent, in the order in which it was."""
    with Redis(unix_socket_path=str(queue.socket)) as client:
        entries: Any = client.xrange(STREAM)
    return [int(fields[b"seq"]) for _, fields in entries]


async def write(line: wire.Line, client: int, story: Story, going: asyncio.Event) -> None:
    """Make deals and move them, one after the other."""
    while going.is_set():
        made = await line.ask("POST", "/deals/", {"title": TITLE, "client_id": client})
        if made.status != 201:
            story.amiss.append(f"a deal was answered {made.status}: {made.body[:300]!r}")
            return
        story.acknowledged.append((time.monotonic(), made.json["id"]))
        version = made.headers["etag"].strip('"').partition("-")[0]
        path, where = f"/deals/{made.json['id']}/move", {"stage": STAGE}
        moved = await line.ask("POST", path, where, If_Match=f'"{version}"')
        if moved.status != 200:
            story.amiss.append(f"a move was answered {moved.status}: {moved.body[:300]!r}")


async def before(url: str, place: Plant, file: Path, due: int) -> Story:
    """Load on two servers, a sweep and a backup in the middle of it; then all is relayed."""
    database, story = open_database(url), Story()
    office = Office(database, now=clock.now())
    anna = await office.person("anna")
    acme = await office.client(anna)
    ports = [part.port for part in place.serve(2)]
    worker = place.start("worker")
    over = await wire.lines(ports, WRITERS, anna.token)
    going = asyncio.Event()
    going.set()
    writing = asyncio.gather(*(write(line, acme, story, going) for line in over))
    await until(lambda: _relayed(database, 20))
    worker.halt()  # from here on events wait for their relay: the backup holds some of them
    await renewals.due(office, anna, due)
    sweep = place.start("sweep")
    await kills.reached(database, sweep, due // 4)
    story.began = time.monotonic()
    code = await ended(backup := place.start("backup", str(file)))
    story.ended = time.monotonic()
    story.amiss += [f"the backup failed: {backup.words()}"] if code else []
    await ended(sweep)
    await asyncio.sleep(1)
    going.clear()
    await writing
    for line in over:
        await line.close()
    worker.go_on()
    await until(lambda: _relayed(database))
    story.top = await _top(database)
    await database.dispose()
    return story


async def ended(part: Part) -> int:
    """Wait for a process to end by itself; its exit code."""
    return await asyncio.to_thread(part.child.wait, WITHIN)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    begun = time.monotonic()
    while not await condition():
        assert time.monotonic() - begun < WITHIN
        await asyncio.sleep(0.1)


async def _top(database: Database) -> int:
    async with database.read() as conn:
        return int((await conn.execute(select(func.max(change.c.id)))).scalar_one() or 0)


async def _relayed(database: Database, least: int | None = None) -> bool:
    """Whether so much was relayed, or all."""
    async with database.read() as conn:
        cursor = await log.cursor(Unit(conn, clock.now()), "relay")
    return cursor >= (await _top(database) if least is None else least)


async def after(
    url: str, place: Plant, file: Path, story: Story, queue: valkey.Server, weak: bool
) -> list[str]:
    """The way back, and what is wrong with where it leads."""
    told = sent(queue)
    begun = time.monotonic()
    words = ["--send-again"] if weak else []
    code = await ended(restore := place.start("restore", str(file), *words))
    if code:
        return [f"the restore failed: {restore.words()}"]
    restored = time.monotonic() - begun
    (server,) = place.serve(1)
    say(f"RTO: {time.monotonic() - begun:.1f} s to the first answer ({restored:.1f} s restore)")
    say(restore.words().strip().splitlines()[-2])
    database = open_database(url)
    office = Office(database, now=clock.now())
    async with database.read() as conn:
        kept = list((await conn.execute(select(change.c.id).order_by(change.c.id))).scalars())
    wrong = [*story.amiss, *await _lost(database, story), *await _torn(database)]
    wrong += await _twice(office, place, server)
    wrong += _sent_again(told, sent(queue), kept, story.top)
    if code := await ended(doctor := place.start("doctor")):
        wrong.append(f"the doctor says {code}: {doctor.words()}")
    await database.dispose()
    return wrong


async def _lost(database: Database, story: Story) -> list[str]:
    """Whatever was acknowledged before the backup began has to be there."""
    async with database.read() as conn:
        query = select(card.c.id).where(card.c.title == TITLE)
        there = set((await conn.execute(query)).scalars())
    missing = sorted(at for at, number in story.acknowledged if number not in there)
    early = [at for at in missing if at < story.began]
    seconds = (missing[0] if missing else story.ended) - story.began
    say(
        f"the backup took {story.ended - story.began:.1f} s;"
        f" {len(story.acknowledged)} deals acknowledged, {len(there)} in the copy"
    )
    say(
        f"RPO: all that was acknowledged up to {seconds:.2f} s after the backup began is there;"
        " of what came later, nothing"
    )
    return [f"{len(early)} acknowledged before the backup are lost"] if early else []


async def _torn(database: Database) -> list[str]:
    """Histories without gaps, each version logged once, no reference into nothing."""
    wrong, last, breaks, looked = [], 0, 0, 0
    logged = (
        select(change.c.record_id, func.count().label("times"))
        .where(change.c.kind == "deal")
        .group_by(change.c.record_id)
        .subquery()
    )
    unlike = (
        select(func.count())
        .select_from(card.outerjoin(logged, logged.c.record_id == card.c.id))
        .where(card.c.title == TITLE, card.c.version != func.coalesce(logged.c.times, 0))
    )
    async with database.read() as conn:
        tx = Unit(conn, clock.now())
        while True:
            last, found = await vitals.broken_histories(tx, last, 5000)
            breaks, looked = breaks + found, looked + 5000
            if last == 0:
                break
        if count := await tx.scalar(unlike):
            wrong.append(f"{count} deals were not logged once for each version")
        if database.dialect == "sqlite":
            wrong += [f"{row}" for row in await tx.rows(text("PRAGMA foreign_key_check"))]
            if (whole := await tx.scalar(text("PRAGMA integrity_check"))) != "ok":
                wrong.append(str(whole))
    say(f"histories of some {looked - 5000} cards: {breaks} breaks")
    return [*wrong, *([f"{breaks} breaks in histories"] if breaks else [])]


async def _twice(office: Office, place: Plant, server: Part) -> list[str]:
    """Sweeps on the copy: each due renewal comes into work once, and the log goes on."""
    place.start("worker")
    sweeps = [place.start("sweep") for _ in range(2)]
    for sweep in sweeps:
        await ended(sweep)

    async def done() -> bool:
        return not await renewals.waiting(office) and await _relayed(office.database)

    boris = await office.person("boris")
    line = await wire.Line.open(server.port, boris.token)
    body = {"title": "After", "client_id": await office.client(boris)}
    new = [await line.ask("POST", "/deals/", body) for _ in range(5)]
    await line.close()
    await until(done)
    found = await renewals.breaches(office)
    done_by_now = await renewals.activated(office.database)
    say(f"{done_by_now} renewals in work: {dict(found) or 'each once'}")
    wrong = [f"{name}: {count}" for name, count in found.items()]
    return wrong + [f"a new deal: {one.status}" for one in new if one.status != 201]


def _sent_again(told: list[int], now: list[int], kept: list[int], top: int) -> list[str]:
    """No event reaches the stream twice, none that the copy holds is missing from it, and what is
    new has numbers that nobody has had."""
    news = now[len(told) :]
    again = sorted(set(told) & set(news))
    reused = [seq for seq in news if seq <= top and seq not in again]
    missing = sorted(set(kept) - set(now))
    say(f"events: {len(told)} delivered before, {len(news)} after, {len(again)} of them again")
    wrong = [f"{len(again)} events were sent again"] if again else []
    wrong += [f"{len(reused)} new events have old numbers"] if reused else []
    return wrong + ([f"events {missing[:5]} were never sent"] if missing else [])


def drill(dialect: str, given: argparse.Namespace) -> bool:
    """One database; whether it came out as it should."""
    say(f"-- drill on {dialect}, {given.cards} cards{', weak' if given.weak else ''} --")
    with (
        tempfile.TemporaryDirectory(prefix="vdr", dir=places.short()) as place,
        two(dialect, Path(place)) as (old, new, fill),
        valkey.running() as queue,
    ):
        file = Path(place, "voronka.backup")
        migrate.upgrade(old)
        fill(given.cards)
        with plant(old, queue.url, Path(place)) as started:
            story = asyncio.run(before(old, started, file, given.due))
        with plant(new, queue.url, Path(place)) as started:
            wrong = asyncio.run(after(new, started, file, story, queue, given.weak))
    say("".join(f"   {line[:300]}\n" for line in wrong[:10]).rstrip() or "nothing amiss")
    good = bool(wrong) if given.weak else not wrong
    say(("found out" if given.weak else "well") if good else "NOT AS IT SHOULD BE")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.drill", description=__doc__)
    parser.add_argument("--weak", action="store_true", help="with events sent again")
    parser.add_argument("--dialect", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--cards", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=1000)
    given = parser.parse_args()
    logging.disable(logging.INFO)
    good = [drill(dialect, given) for dialect in given.dialect or ["sqlite", "postgresql"]]
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main())
