"""The queue dies, is emptied, or hangs: writes go on, and nothing that waits in it is lost."""

import asyncio
import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis

from backend import clock
from backend.effects import Effect
from backend.resources import Resources
from jobs import outbox
from tests.conftest import FreshDatabase
from tests.faults import queues, renewals
from tests.faults.plant import Part, plant
from tests.faults.queues import PATIENCE, events, relayed_all, unsent
from tests.faults.wire import Answer, Line
from tests.office import Office

SLOWEST = 1.0  # seconds that are never too many for the 99th percentile
SLOWER = 5  # times as slow as with the queue; a machine may be busy with other things
LINES = 8
DUE = 30


async def gave_up(product: Part, worker: int) -> None:
    """Wait until the worker has noticed that its queue is gone, and left."""
    begun = time.monotonic()
    while worker in product.children(b"\0worker"):
        assert time.monotonic() - begun < PATIENCE
        await asyncio.sleep(0.02)


async def deliver(effects: list[Effect]) -> None:
    """Nobody is nudged."""


async def write(port: int, token: str, client: int, times: int) -> list[Answer]:
    """Make deals on some lines at once, on each one after the other."""

    async def one() -> list[Answer]:
        line, body = await Line.open(port, token), {"title": "Servers", "client_id": client}
        answers = [await line.ask("POST", "/deals/", body) for _ in range(times)]
        await line.close()
        return answers

    return [
        answer for found in await asyncio.gather(*(one() for _ in range(LINES))) for answer in found
    ]


def demand_quick(answers: list[Answer], what: str, calm: float = SLOWEST) -> float:
    """All are created, 99 of 100 nearly as quickly as in calm; the seconds that those took."""
    assert {answer.status for answer in answers} == {201}
    seconds = sorted(answer.seconds for answer in answers)
    p99 = seconds[int(len(seconds) * 0.99) - 1]
    assert p99 < max(SLOWEST, SLOWER * calm), what
    return p99


async def test_writes_go_on_and_the_worker_makes_up_for_it(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    office = Office(fresh_database.database, now=clock.now())
    anna = await office.person("anna")
    acme = await office.client(anna)
    with queues.queue() as queue, plant(fresh_database.url, queue.url, tmp_path) as place:
        product = place.start("run")
        product.await_ready()
        writing = partial(write, product.port, anna.token, acme)
        calm = demand_quick(await writing(10), "with the queue")
        await relayed_all(office.database)

        worker = product.children(b"\0worker")[0]
        queue.kill()
        assert not queue.answers()
        demand_quick(await writing(25), "without it", calm)
        await gave_up(product, worker)
        assert await unsent(office.database) == 200
        assert not product.answers()  # it says that a part is missing
        await renewals.due(office, anna, DUE)
        queue.start()
        await renewals.all_activated(office.database, DUE, PATIENCE)
        await relayed_all(office.database)
        assert await events(office.database) <= queue.relayed()

        worker = product.children(b"\0worker")[0]
        os.kill(worker, signal.SIGSTOP)
        before = await events(office.database)
        demand_quick(await writing(2), "while the queue is emptied", calm)
        queue.flush()
        assert queue.relayed() == set()
        os.kill(worker, signal.SIGCONT)
        await relayed_all(office.database)
        assert queue.relayed() == await events(office.database) - before


async def test_a_hanging_queue_holds_no_writer_up(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "PATIENCE", 2.0)
    office = Office(fresh_database.database, now=clock.now())
    anna = await office.person("anna")
    acme = await office.client(anna)
    deal = {"title": "Servers", "client_id": acme}
    assert (await anna.post("/deals", deal)).status_code == 201
    with queues.queue() as queue:
        queue.halt()
        async with Redis(unix_socket_path=str(queue.socket)) as redis:
            ctx = {
                "resources": Resources(office.database, deliver), "redis": redis,
                "relaying": asyncio.Lock(),
            }  # fmt: skip
            relay = asyncio.create_task(outbox.relay_outbox(ctx))
            made = 0
            while not relay.done():
                assert (await asyncio.wait_for(anna.post("/deals", deal), 30)).status_code == 201
                made += 1
            with pytest.raises(TimeoutError):
                await relay
            assert made > 1
            assert await unsent(office.database) == made + 1
            queue.go_on()
            await outbox.relay_outbox(ctx)
        assert await unsent(office.database) == 0
        assert queue.relayed() == await events(office.database)
