"""`make bench`: lists, creations and moves beside bare routes and the database alone."""

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from backend.db import migrate
from bench import alone, boards, data, drive, hidden, load, reports, serving, sweep, work
from tests.launchers import valkey

HEAD = (
    f"{'':22}{'req/s':>8}{'p50 ms':>8}{'p99 ms':>8}{'errors':>7}{'server':>8}{'database':>9}"
    f"{'driver':>7}{'of bare':>8}"
)


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


@dataclass
class Side:
    """Who answers: the product or the bare routes."""

    name: str
    servers: serving.Servers
    asked: work.Work
    runs: dict[str, list[drive.Run]] = field(default_factory=dict)
    cpu: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """One database with the measured company in it."""

    dialect: str
    url: str
    where: str
    pid: int | None
    rate: Any = None


def rounds(given: argparse.Namespace, place: Place, sides: list[Side]) -> dict[str, list[float]]:
    """Every kind of work for every side in turn, again and again."""
    limit: dict[str, list[float]] = {}
    for kind in given.only:
        for side in sides:  # the first answers pay for what is made once
            asyncio.run(once(kind, side, 0.7))
    for _ in range(given.rounds):
        for kind in given.only:
            for side in sides:
                measured(kind, side, place, given.seconds)
            if place.rate is not None:
                limit.setdefault(kind, []).append(place.rate(kind, given.seconds))
    return limit


async def once(kind: str, side: Side, seconds: float) -> drive.Run:
    return await drive.fire(
        side.servers.port, side.asked.shots(kind), work.CONNECTIONS[kind], seconds
    )


def measured(kind: str, side: Side, place: Place, seconds: float) -> None:
    """One run, with the CPU that it took."""

    def used() -> tuple[float, float]:
        return side.servers.cpu(), 0.0 if place.pid is None else serving.descendants(place.pid)

    before = used()
    run = asyncio.run(once(kind, side, seconds))
    after = used()
    answered = max(1, len(run.times))
    side.runs.setdefault(kind, []).append(run)
    side.cpu.setdefault(kind, []).append(
        (1000 * (after[0] - before[0]) / answered, 1000 * (after[1] - before[1]) / answered)
    )


def told(kind: str, side: Side, bare: Side) -> str:
    """A line of the table: medians over the rounds."""
    runs, cpu = side.runs[kind], side.cpu[kind]
    rate = statistics.median(run.rate for run in runs)
    beside = statistics.median(run.rate for run in bare.runs[kind])
    errors = [error for run in runs for error in run.errors]
    for error in errors[:2]:
        say(f"  ! {error}")
    driver = statistics.median(1000 * run.cpu / max(1, len(run.times)) for run in runs)
    return (
        f"{kind + ', ' + side.name:22}{rate:8.0f}"
        f"{statistics.median(run.percentile(0.5) for run in runs):8.1f}"
        f"{statistics.median(run.percentile(0.99) for run in runs):8.1f}{len(errors):7}"
        f"{statistics.median(one[0] for one in cpu):8.2f}"
        f"{statistics.median(one[1] for one in cpu):9.2f}{driver:7.2f}{rate / beside:8.2f}"
    )


def compare(given: argparse.Namespace, place: Place, queue: str, directory: Path) -> None:
    """The table of one database."""
    waiting = data.standing(min(given.deals, 100_000), "s2")
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(serving.product(place.url, queue, directory))
        bare = stack.enter_context(serving.bare(place.dialect, place.where))
        sides = [
            Side("Voronka", ours, work.Work("/api/v1", waiting[::2])),
            Side("bare", bare, work.Work("", waiting[1::2])),
        ]
        limit = rounds(given, place, sides)
    say(f"\n{place.dialect}, {given.deals:,} deals; CPU in ms per request\n{HEAD}")
    for kind in given.only:
        for side in sides:
            say(told(kind, side, sides[1]))
        if kind in limit:
            say(f"{kind + ', alone':22}{statistics.median(limit[kind]):8.0f}")


@contextlib.contextmanager
def on_postgres(given: argparse.Namespace, directory: Path) -> Iterator[Place]:
    with load.server() as server:
        asyncio.run(load.into_postgres(server.directory, "bench", given.deals, given.pipelines))
        if not (given.reports or given.boards):
            asyncio.run(server.create("alone", "bench"))
        where, scripts = server.directory, alone.scripts(given.deals)
        pgbench = alone.program(server.programs)

        def rate(kind: str, seconds: float) -> float:
            assert pgbench is not None
            return alone.rate(pgbench, where, scripts[kind], work.CONNECTIONS[kind], seconds)

        yield Place(
            "postgresql", server.url("bench"), f"{where}|bench", server.child.pid,
            rate if pgbench else None,
        )  # fmt: skip


@contextlib.contextmanager
def on_sqlite(given: argparse.Namespace, directory: Path) -> Iterator[Place]:
    file = directory / "bench.db"
    url = f"sqlite+aiosqlite:///{file}"
    migrate.upgrade(url)
    load.into_sqlite(file, given.deals, given.pipelines)
    yield Place("sqlite", url, str(file), None)


PLACES = {"postgresql": on_postgres, "sqlite": on_sqlite}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench ARGS=", description=__doc__)
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--pipelines", type=int, choices=range(1, 5), default=1, help="of reports")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each run")
    parser.add_argument("--on", choices=PLACES, action="append", default=None)
    parser.add_argument("--only", choices=work.CONNECTIONS, action="append", default=None)
    parser.add_argument("--reports", action="store_true", help="funnels, instead of the above")
    parser.add_argument("--hidden", action="store_true", help="refusals, instead of the above")
    parser.add_argument("--boards", action="store_true", help="boards, instead of the above")
    parser.add_argument("--sweep", action="store_true", help="the sweep, instead of the above")
    given = parser.parse_args()
    if given.sweep:
        sweep.measured(given.on or PLACES, given.deals, given.rounds)
        return
    given.only = given.only or list(work.CONNECTIONS)
    uvloop.install()
    with valkey.running() as queue:
        for name in given.on or PLACES:
            made = tempfile.TemporaryDirectory(prefix="vbench")
            with made as directory, PLACES[name](given, Path(directory)) as place:
                if given.reports or given.boards or given.hidden:
                    say(f"\n{place.dialect}, {given.deals:,} deals")
                if given.hidden:
                    asyncio.run(hidden.measured(place.url, given.deals))
                elif given.reports:
                    asyncio.run(reports.measured(place.url, given.deals, given.pipelines))
                elif given.boards:
                    boards.measured(place, queue.url, Path(directory), given.deals)
                else:
                    compare(given, place, queue.url, Path(directory))


if __name__ == "__main__":
    main()
