"""The long forms: `python -m tests.faults all`, or one of the trials by its name.

Each prints its seed and its figures; the verdict is read from the database. `--weak` runs the same
against a product with a safeguard switched off, and succeeds only where the check finds it out.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from backend import clock
from backend.db import migrate
from backend.db.engines import open_database
from tests.faults import chains, followers, kills, renewals, rivals, rolling, steps, wire, writers
from tests.faults import seals as sealing
from tests.faults.plant import Plant, plant
from tests.launchers import places, postgres, valkey
from tests.office import Office
from tests.stateful.walk import walks

WEAKNESS = {
    "rivals": "versions", "keys": "keys", "kills": "transactions", "mixed": "transactions",
    "rolling": "keys",
}  # fmt: skip
Given = argparse.Namespace
Trial = Callable[[Given, Office, Plant], Awaitable[list[str]]]


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201


async def trial_rivals(given: Given, office: Office, place: Plant) -> list[str]:
    """64 moves of one card with one ETag, again and again."""
    anna = await office.person("anna")
    made = await anna.post("/deals", {"title": "Servers", "client_id": await office.client(anna)})
    ports = [part.port for part in place.serve(2)]
    lost, wrong = 0, []
    for number in range(given.rounds):
        over = await wire.lines(ports, rivals.RIVALS, anna.token)
        told = await rivals.moves(office.database, over, made.json()["id"], number)
        for line in over:
            await line.close()
        lost += told.lost
        if (told.answered, told.history_rows, told.outbox_rows) != ({200: 1, 412: 63}, 1, 1):
            wrong.append(f"round {number}: {told}")
    say(f"{given.rounds} rounds of 64 rivals: {lost} lost updates, {len(wrong)} rounds amiss")
    return wrong


async def trial_keys(given: Given, office: Office, place: Plant) -> list[str]:
    """64 creations with one key, again and again."""
    anna = await office.person("anna")
    acme = await office.client(anna)
    ports = [part.port for part in place.serve(2)]
    wrong, replayed = [], 0
    for number in range(given.rounds):
        over = await wire.lines(ports, rivals.RIVALS, anna.token)
        answers = await rivals.creations(over, acme, str(number))
        for line in over:
            await line.close()
        bodies = {answer.body for answer in answers if answer.status == 201}
        replayed += sum("idempotent-replayed" in answer.headers for answer in answers)
        effect = await rivals.made(office.database, str(number))
        if effect != [1, 1, 1] or len(bodies) != 1:
            wrong.append(f"round {number}: {effect} made, {len(bodies)} different answers")
    say(f"{given.rounds} rounds of 64 with one key: {replayed} replayed, {len(wrong)} amiss")
    return wrong


async def trial_kills(given: Given, office: Office, place: Plant) -> list[str]:
    """A sweep of many renewals, killed again and again."""
    await renewals.due(office, await office.person("anna"), given.due)
    caught = renewals.half_done if given.weak else None
    met = await kills.again_and_again(
        place, office.database, given.due, given.kills, given.seed, caught
    )
    begun = time.monotonic()
    while await kills.ended(place.start("sweep")) or await renewals.waiting(office):
        assert time.monotonic() - begun < 600
    landed = sum(kill.landed for kill in met)
    opened = sum(kill.at_work for kill in met)
    found = await renewals.breaches(office)
    told = dict(found) or "each came into work once"
    say(f"{given.due} renewals, {landed} of {len(met)} kills landed: {told}")
    few = landed < 0.95 * len(met) or opened < len(met) / 2
    return [f"{name}: {count}" for name, count in found.items()] + ["too few kills landed"] * few


async def trial_mixed(given: Given, office: Office, place: Plant) -> list[str]:
    """Writers of all kinds of writes at fifty cards, with two workers and sweep after sweep."""
    anna, boris = await office.person("anna", "admin"), await office.person("boris", "admin")
    crowd = await writers.crowd(office, anna, boris, sets=5)
    ports = [part.port for part in place.serve(2)]
    workers = [place.start("worker") for _ in range(2)]
    sweeping = asyncio.create_task(sweeps(place))
    begun = time.monotonic()
    await writers.run(crowd, ports, [anna.token, boris.token] * 8, given.writes // 16, given.seed)
    sweeping.cancel()
    say(f"{given.writes} wishes of 16 writers in {time.monotonic() - begun:.0f} s")
    run = await renewals.runs(office.database)
    say(f"{len(run)} sweeps meanwhile, {sum(line['activated'] for line in run)} activated")
    if office.database.dialect == "postgresql":
        query = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        async with office.database.read() as conn:
            met = (await conn.execute(query)).scalar_one()
        say(f"{met} deadlocks inside, none may be seen outside")
    gone = [f"worker {number} died" for number, part in enumerate(workers) if not part.running()]
    twice = [
        f"version {version} of card {number} was given twice" for number, version in crowd.lost
    ]
    found = chains.breaches(await chains.look(office.database))
    return gone + crowd.unexpected + twice + found


async def sweeps(place: Plant) -> None:
    """One sweep after the other, each a process of its own."""
    while True:
        await kills.ended(place.start("sweep"))


TRIALS: dict[str, Trial] = {
    "rivals": trial_rivals, "keys": trial_keys, "kills": trial_kills, "mixed": trial_mixed,
    "rolling": rolling.trial,
}  # fmt: skip


def walk(given: Given, url: str, _: Path) -> list[str]:
    """The random walk against the model."""
    try:
        done = walks(url, given.walks, given.steps, given.seed)
    except AssertionError as error:
        return [str(error)]
    say(f"{sum(done.values())} steps in {given.walks} walks: as the model says")
    return []


def migrations(given: Given, url: str, directory: Path) -> list[str]:
    """Each migration down and up on a company of many deals."""
    layouts = steps.kept(f"sqlite+aiosqlite:///{directory / 'empty.db'}")
    steps.fill(url, given.deals)
    wrong = []
    for told, found in steps.down_and_up(url, layouts):
        say(told)
        wrong += found
    return wrong


def feed(given: Given, url: str, _: Path) -> list[str]:
    """Eight writers of the log and one reader who stores the last number."""

    async def work() -> followers.Following:
        database = open_database(url)
        try:
            return await followers.follow(database, given.seconds, given.seed)
        finally:
            await database.dispose()

    found = asyncio.run(work())
    say(f"{found.written} entries in {given.seconds:.0f} s, {len(found.missed)} missed")
    return [f"entry {number} was missed" for number in found.missed]


def seals(given: Given, url: str, _: Path) -> list[str]:
    """The seals of a long log looked over, and a forgery found."""

    async def work() -> sealing.Seen:
        database = open_database(url)
        try:
            return await sealing.seen(database, given.entries)
        finally:
            await database.dispose()

    found = asyncio.run(work())
    say(
        f"{given.entries} entries under {found.whole.seals} seals: sealed in {found.sealing:.0f} s,"
        f" looked over in {found.looking:.1f} s ({found.busy:.1f} s busy);"
        f" after a forgery: {found.forged.wrong}"
    )
    return sealing.amiss(found, given.entries)


# Trials of the database alone, without the product's processes.
BARE: dict[str, Callable[[Given, str, Path], list[str]]] = {
    "model": walk, "migrations": migrations, "feed": feed, "seals": seals,
}  # fmt: skip


@contextmanager
def fresh(dialect: str, directory: Path) -> Iterator[str]:
    """A migrated database; PostgreSQL writes through to the disk as in earnest."""
    if dialect == "sqlite":
        url = f"sqlite+aiosqlite:///{directory / 'voronka.db'}"
        migrate.upgrade(url)
        yield url
        return
    with postgres.running(durable=True) as server:
        url = asyncio.run(server.create("faults", "template0"))
        migrate.upgrade(url)
        yield url


def run(name: str, given: Given, dialect: str) -> bool:
    """One trial on one database; whether it came out as it should."""
    weak = WEAKNESS[name] if given.weak else None
    say(f"-- {name} on {dialect}{f', weak: {weak}' if weak else ''} --")
    with (
        tempfile.TemporaryDirectory(prefix="vft", dir=places.short()) as place,
        fresh(dialect, Path(place)) as url,
        valkey.running() as queue,
        plant(url, queue.url, Path(place), weak) as started,
    ):
        wrong = asyncio.run(_try(TRIALS[name], given, url, started))
    return verdict(wrong, given)


def run_bare(name: str, given: Given, dialect: str) -> bool:
    """One trial of a database alone."""
    say(f"-- {name} on {dialect} --")
    with (
        tempfile.TemporaryDirectory(prefix="vft", dir=places.quick()) as place,
        fresh(dialect, Path(place)) as url,
    ):
        return verdict(BARE[name](given, url, Path(place)), given)


def verdict(wrong: list[str], given: Given) -> bool:
    """Say what is wrong; whether that is as it should be."""
    for line in wrong[:10]:
        say(f"   {line[:2000]}")
    good = bool(wrong) if given.weak else not wrong
    say(("found out" if given.weak else "well") if good else "NOT AS IT SHOULD BE")
    return good


async def _try(trial: Trial, given: Given, url: str, place: Plant) -> list[str]:
    database = open_database(url)
    try:
        return await trial(given, Office(database, now=clock.now()), place)
    finally:
        await database.dispose()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("trial", choices=[*TRIALS, *BARE, "all"])
    parser.add_argument("--weak", action="store_true", help="with a safeguard switched off")
    parser.add_argument("--dialect", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--due", type=int, default=4000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--writes", type=int, default=6400)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--walks", type=int, default=500)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--entries", type=int, default=sealing.MILLION)
    given = parser.parse_args()
    logging.disable(logging.INFO)
    say(f"seed {given.seed}")
    dialects = given.dialect or ["sqlite", "postgresql"]
    names = [name for name in TRIALS if given.trial in (name, "all")]
    good = [run(name, given, dialect) for name in names for dialect in dialects]
    alone = [name for name in BARE if given.trial in (name, "all") and not given.weak]
    good += [run_bare(name, given, dialect) for name in alone for dialect in dialects]
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main())
