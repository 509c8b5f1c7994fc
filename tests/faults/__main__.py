"""The long forms: `python -m tests.faults all`, or one of the trials by its name.

Each prints its seed and its figures; the verdict is read from the database. `--weak` runs the same
against a product with a safeguard switched off, and succeeds only where the check finds it out.
"""

import argparse
import asyncio
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from backend import clock
from backend.db import migrate
from backend.db.engines import open_database
from tests.faults import (
    followers,
    outages,
    queueing,
    rivals,
    rolling,
    sieging,
    steps,
    sweeping,
    torn,
    wire,
    writers,
)
from tests.faults import seals as sealing
from tests.faults.plant import FEW, Plant, plant, say
from tests.launchers import places, postgres, valkey
from tests.office import Office
from tests.stateful.walk import walks

WEAKNESS = {
    "rivals": "versions", "keys": "keys", "kills": "transactions", "siege": "transactions",
    "overlap": "transactions", "late": "missed", "wakes": "transactions", "poison": "pieces",
    "clocks": "own_clock", "base": "hasty", "queue": "relays", "cuts": "keys",
    "disk": "transactions", "mixed": "transactions", "rolling": "transactions",
    "torn": "transactions",
}  # fmt: skip
# What a trial is run with where nothing else is asked for.
SIZES: dict[str, dict[str, int]] = {
    "siege": {"due": 40_000, "kills": 200}, "poison": {"due": 1000}, "late": {"due": 1000},
    "queue": {"due": 4000, "rounds": 20, "seconds": 60}, "base": {"restarts": 20},
    "wakes": {"rounds": 100, "due": 800}, "rolling": {"due": 20_000, "restarts": 50},
    "torn": {"deals": 30_000},
}  # fmt: skip
ANY = {
    "rounds": 50, "due": 4000, "kills": 20, "stops": 5, "cuts": 100, "writes": 6400,
    "restarts": 10, "walks": 500, "steps": 50, "deals": 100_000, "seconds": 60.0,
    "entries": sealing.MILLION,
}  # fmt: skip
OF_A_SERVER = {"base", "cuts"}  # SQLite is a file: there is nothing to stop or to cut
DISK = "160m"  # of the trial that fills it
Given = argparse.Namespace
Trial = Callable[[Given, Office, Plant], Awaitable[list[str]]]


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


TRIALS: dict[str, Trial] = {
    "rivals": trial_rivals, "keys": trial_keys, "kills": sieging.trial_kills,
    "overlap": sweeping.trial_overlap, "late": sweeping.trial_late, "wakes": sweeping.trial_wakes,
    "poison": sweeping.trial_poison, "clocks": sweeping.trial_clocks,
    "queue": queueing.trial_queue, "base": outages.trial_base, "cuts": outages.trial_cuts,
    "disk": outages.trial_disk, "mixed": writers.trial_mixed, "rolling": rolling.trial,
    "siege": sieging.trial_siege, "torn": torn.trial,
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
def fresh(
    dialect: str, directory: Path, place: str | None = None
) -> Iterator[tuple[str, postgres.Server | None]]:
    """A migrated database; PostgreSQL writes through to the disk as in earnest."""
    if dialect == "sqlite":
        url = f"sqlite+aiosqlite:///{directory / 'voronka.db'}"
        migrate.upgrade(url)
        yield url, None
        return
    with postgres.running(durable=True, place=place) as server:
        url = asyncio.run(server.create("faults", "template0"))
        migrate.upgrade(url)
        yield url, server


@contextmanager
def small_disk(directory: Path) -> Iterator[None]:
    """A disk of its own for a directory; only root can make one."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", directory], check=True)
    try:
        directory.chmod(0o755)
        yield
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


def run(name: str, given: Given, dialect: str) -> bool:
    """One trial on one database; whether it came out as it should."""
    weak = WEAKNESS[name] if given.weak else None
    say(f"-- {name} on {dialect}{f', weak: {weak}' if weak else ''} --")
    own = small_disk if name == "disk" else nullcontext
    with (
        tempfile.TemporaryDirectory(prefix="vft", dir=places.short()) as place,
        own(Path(place)),
        fresh(dialect, Path(place), place if name == "disk" else None) as (url, server),
        valkey.running() as queue,
        plant(url, queue.url, Path(place), weak) as started,
    ):
        started.server = server
        wrong = asyncio.run(_try(TRIALS[name], sized(name, given), url, started))
    return verdict(wrong, given)


def sized(name: str, given: Given) -> Given:
    """What is asked for, or else what the trial is to have."""
    asked = {word: value for word, value in vars(given).items() if value is not None}
    return Given(**{**ANY, **SIZES.get(name, {}), **asked})


def run_bare(name: str, given: Given, dialect: str) -> bool:
    """One trial of a database alone."""
    say(f"-- {name} on {dialect} --")
    with (
        tempfile.TemporaryDirectory(prefix="vft", dir=places.quick()) as place,
        fresh(dialect, Path(place)) as (url, _),
    ):
        return verdict(BARE[name](sized(name, given), url, Path(place)), given)


def verdict(wrong: list[str], given: Given) -> bool:
    """Say what is wrong; whether that is as it should be."""
    for line in wrong[:10]:
        say(f"   {line[:2000]}")
    # A weakness is found out by what it has done, not by faults that it was too quick for.
    good = any(not line.startswith(FEW) for line in wrong) if given.weak else not wrong
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
    for word, value in ANY.items():
        parser.add_argument(f"--{word}", type=type(value))
    given = parser.parse_args()
    logging.disable(logging.INFO)
    say(f"seed {given.seed}")
    dialects = given.dialect or ["sqlite", "postgresql"]
    names = [name for name in TRIALS if given.trial in (name, "all")]
    names = [name for name in names if name in WEAKNESS or not given.weak]
    good = [
        run(name, given, dialect)
        for name in names
        for dialect in dialects
        if dialect == "postgresql" or name not in OF_A_SERVER
    ]
    alone = [name for name in BARE if given.trial in (name, "all") and not given.weak]
    good += [run_bare(name, given, dialect) for name in alone for dialect in dialects]
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main())
