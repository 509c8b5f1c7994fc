"""`make bench ARGS=--sweep`: what the sweep takes with few and with ten times as many waiting.

A thousand renewals are due each time, scattered over all that wait; then ten thousand at once, for
two workers on PostgreSQL and one on SQLite, from their start to the last one that is in work.
The CPU, of the sweep and of the database, is what a busy machine tells of it.
"""

import asyncio
import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select

from backend import clock
from backend.db import migrate
from backend.db.engines import Database, open_database
from backend.db.models import pipeline, stage
from backend.domain.cards import rules
from backend.domain.flows.sweep import sweep
from bench import data, load, serving
from bench.reports import say
from tests.faults import kills, renewals
from tests.faults.plant import Part, plant
from tests.launchers import valkey

DUE, MANY = 1000, 10_000
FIRST = date(2026, 1, 1)  # the days on which a thousand are due follow it, then comes the rest
LEAD = timedelta(days=30)
WORKERS = {"postgresql": 2, "sqlite": 1}


@dataclass(frozen=True)
class Waiting:
    """How many wait, and how many rounds of a thousand are to be measured."""

    count: int
    rounds: int

    @property
    def days(self) -> list[date]:
        """One more round pays for what is made once."""
        return [FIRST + timedelta(days=number) for number in range(self.rounds + 1)]

    def tables(self, pipeline_id: int, store_id: int) -> Iterator[tuple[str, list[data.Row]]]:
        """Everything there is, in batches; what is due lies anywhere among the rest."""
        yield from data.tables(0)
        whole = self.count + DUE * len(self.days) + MANY
        due = iter(random.Random(data.SEED).sample(range(whole), whole - self.count))
        on = {next(due): day for day in self.days for _ in range(DUE)}
        on |= dict.fromkeys(due, self.days[-1] + timedelta(days=1))
        keys = rules.spread(whole)
        for first in range(0, whole, data.PER_BATCH):
            batch: dict[str, list[data.Row]] = {
                name: [] for name in ("agreement", "card", "renewal", "card_event")
            }
            for number in range(first, min(first + data.PER_BATCH, whole)):
                day = on.get(number, date(2100, 1, 1) + timedelta(days=number % 700))
                place = {"pipeline_id": pipeline_id, "stage_id": store_id, "position": keys[number]}
                _renewal(batch, number + 1, day, place)
            yield from batch.items()


def _renewal(batch: dict[str, list[data.Row]], number: int, due: date, place: data.Row) -> None:
    client = number % data.CLIENTS + 1
    stamps = {"version": 1, "created_at": data.TODAY, "updated_at": data.TODAY}
    common = {
        "title": "Support", "title_key": "support", "pipeline_id": place["pipeline_id"],
        "client_id": client, "owner_id": data.owner_of(client), "currency": "RUB", **stamps,
    }  # fmt: skip
    when = due + LEAD
    batch["agreement"].append(
        {
            "id": number, "status": "running", "framework": False, "anchor_date": when,
            "anchor_cycle": 1, "period": "P1Y", **common,
        }
    )  # fmt: skip
    batch["card"].append(
        {
            "id": number, "kind": "renewal", "state": "waiting", "amount": 100_000,
            "stage_entered_at": data.TODAY, "touched_at": data.TODAY, "custom": "{}",
            "last_seq": 1, **common, **place,
        }
    )  # fmt: skip
    batch["renewal"].append(
        {
            "card_id": number, "agreement_id": number, "cycle": 1, "renewal_date": when,
            "original_renewal_date": when, "activates_on": due, "waits": 1, "pending": True,
            "waiting": True,
        }
    )  # fmt: skip
    batch["card_event"].append(
        {
            "card_id": number, "seq": 1, "event": "created", "at": data.TODAY, "changes": "[]",
            "made": "[]", "pipeline_id": place["pipeline_id"], "to_stage_id": place["stage_id"],
            "amount": 100_000, "currency": "RUB", "actor_kind": "import",
        }
    )  # fmt: skip


async def store(url: str) -> tuple[int, int]:
    """The pipeline of renewals, and its stage where they wait."""
    renewal_line = select(pipeline.c.id).where(pipeline.c.key == "renewals").scalar_subquery()
    query = select(stage.c.pipeline_id, stage.c.id).where(
        stage.c.kind == "holding",
        stage.c.pipeline_id == renewal_line,
    )
    database = open_database(url)
    async with database.read() as conn:
        pipeline_id, stage_id = (await conn.execute(query)).one()
    await database.dispose()
    return pipeline_id, stage_id


@contextlib.contextmanager
def company(dialect: str, waiting: Waiting, directory: Path) -> Iterator[tuple[str, int | None]]:
    """The address of a new database in which so many wait, and its server's process."""
    if dialect == "postgresql":
        with load.server() as server:
            url = server.url("bench")
            rows = waiting.tables(*asyncio.run(store(url)))
            asyncio.run(load.copy(server.directory, "bench", rows))
            yield url, server.child.pid
        return
    url = f"sqlite+aiosqlite:///{directory / 'bench.db'}"
    migrate.upgrade(url)
    load.insert(directory / "bench.db", waiting.tables(*asyncio.run(store(url))))
    yield url, None


async def rounds(url: str, pid: int | None, waiting: Waiting) -> list[tuple[float, float]]:
    """The seconds that each day's thousand took, and those of CPU."""
    database, found = open_database(url), []

    def spent() -> tuple[float, float]:
        server = 0.0 if pid is None else serving.descendants(pid)
        return time.perf_counter(), time.process_time() + server

    for day in waiting.days:
        await _settled(database)
        before = spent()
        run = await sweep(database, clock.now, "manual", day)
        after = spent()
        found.append((after[0] - before[0], after[1] - before[1]))
        assert (run.checked, run.activated) == (DUE, DUE)
    await database.dispose()
    return found[1:]


async def _settled(database: Database) -> None:
    """Write down what waits in memory, as has happened before any night: a page that is touched
    first after that is logged whole, however many others there are."""
    if database.dialect == "postgresql":
        async with database.read() as conn:
            await conn.exec_driver_sql("CHECKPOINT")


async def all_in_work(url: str, workers: list[Part], total: int) -> float:
    """Wait until the workers have brought all that is due into work; the seconds it took."""
    database: Database = open_database(url)
    begun = time.perf_counter()
    while (found := await renewals.activated(database)) < total:
        assert all(worker.running() for worker in workers), workers[0].words()
        assert time.perf_counter() - begun < 10 * kills.WITHIN, found
        await asyncio.sleep(0.1)
    took = time.perf_counter() - begun
    await database.dispose()
    return took


def measured(dialects: Iterable[str], count: int, times: int) -> None:
    """The report."""
    for dialect in dialects:
        say(f"\n{dialect}: {DUE:,} due among those that wait, then {MANY:,}")
        few = _measured(dialect, Waiting(count, times))
        many = _measured(dialect, Waiting(10 * count, times))
        say(f"ten times as many: {many[0] / few[0]:.2f} of the time, {many[1] / few[1]:.2f} of CPU")


def _measured(dialect: str, waiting: Waiting) -> tuple[float, float]:
    """One size: the medians of the seconds, and of those of CPU."""
    crew, made = WORKERS[dialect], tempfile.TemporaryDirectory(prefix="vbench")
    with made as name, company(dialect, waiting, Path(name)) as (url, pid):
        took = asyncio.run(rounds(url, pid, waiting))
        wall, cpu = (statistics.median(one) for one in zip(*took, strict=True))
        say(f"{waiting.count:>9,} waiting: {wall:.2f} s, {cpu:.2f} s of CPU")
        with valkey.running() as queue, plant(url, queue.url, Path(name)) as place:
            workers = [place.start("worker") for _ in range(crew)]
            whole = DUE * len(waiting.days) + MANY
            seconds = asyncio.run(all_in_work(url, workers, whole))
        say(f"{MANY:>9,} at once: {seconds:.1f} s from the start of {crew} worker(s)")
    return wall, cpu
