"""The trial of the queue: emptied, killed, hanging and away, while people write and much is due."""

import asyncio
import time
from argparse import Namespace
from collections import Counter
from dataclasses import dataclass, field

from backend.db.engines import Database
from tests.faults import chains, kills, queues, renewals, wire
from tests.faults.plant import FEW, Part, Plant, say
from tests.faults.queues import Queue
from tests.faults.wire import Answer, Line
from tests.office import Office

WRITERS = 4
CALM = 5.0  # seconds without a fault, to compare with
AGAIN_AFTER = 1.0  # seconds after which a worker that has left is started again
NOT_RELAYED = "events were not relayed"  # what a worker says that goes on without its queue
SLOWEST = 1.0  # seconds that are never too many for the 99th percentile


@dataclass
class Writing:
    """Deals made and lists read on a few lines by turns, and how that was answered."""

    answers: list[Answer] = field(default_factory=list)
    going: bool = True

    async def at(self, line: Line, client: int) -> None:
        while self.going:
            body = {"title": "Servers", "client_id": client}
            self.answers.append(await line.ask("POST", "/deals/", body))
            self.answers.append(await line.ask("GET", "/deals/?limit=20"))

    def slow(self, since: int = 0) -> float:
        """The 99th percentile of the seconds, from one answer on."""
        seconds = sorted(answer.seconds for answer in self.answers[since:])
        return seconds[int(0.99 * (len(seconds) - 1))]


@dataclass
class Keeper:
    """Starts the worker again whenever it has left, as a machine's own supervisor does."""

    place: Plant
    worker: Part
    left: int = 0

    async def watch(self) -> None:
        while True:
            if not self.worker.running():
                self.left += 1
                await asyncio.sleep(AGAIN_AFTER)
                self.worker = self.place.start("worker")
            await asyncio.sleep(0.1)

    def missed(self) -> int:
        """How often the queue was missed: a worker left, or could not relay while it swept."""
        said = sum(part.words().count(NOT_RELAYED) for part in self.place.parts)
        return self.left + said

    async def has_missed(self, before: int) -> bool:
        """Whether the queue is missed once more, in as long as the worker may be away itself."""
        until = time.monotonic() + queues.BACK_WITHIN
        while not (missed := self.missed() > before):
            await asyncio.sleep(0.1)
            if time.monotonic() > until:
                break
        return missed


async def trial_queue(given: Namespace, office: Office, place: Plant) -> list[str]:
    """Emptied and started again, stopped where it stands, and away for a minute."""
    anna = await office.person("anna")
    acme = await office.client(anna)
    with queues.queue() as queue:
        place.queue = queue.url
        (server,) = place.serve()
        keeper = Keeper(place, place.start("worker"))
        watching = asyncio.create_task(keeper.watch())
        over, writing = await wire.lines([server.port], WRITERS, anna.token), Writing()
        tasks = [asyncio.create_task(writing.at(line, acme)) for line in over]
        await asyncio.sleep(CALM)
        calm, since = writing.slow(), len(writing.answers)
        await renewals.due(office, anna, given.due)
        wrong = await _faults(given, office.database, queue, keeper)
        writing.going = False
        await asyncio.gather(*tasks)
        last = max(await queues.events(office.database))
        took = await queues.relayed_all(office.database)
        say(f"{last} events, the last of them relayed {took:.1f} s after the last write")

        async def swept() -> bool:
            return not await renewals.waiting(office)

        place.start("sweep")
        await kills.until(swept)
        watching.cancel()
    slow = writing.slow(since)
    say(f"{len(writing.answers)} calls; p99 {1000 * calm:.0f} ms, under fire {1000 * slow:.0f} ms")
    told = Counter(answer.status for answer in writing.answers)
    wrong += [f"they were answered {dict(told)}"] * (set(told) != {200, 201})
    wrong += [f"p99 of {slow:.2f} s"] * (slow > max(2 * calm, SLOWEST))
    wrong += [f"{name}: {n}" for name, n in (await renewals.breaches(office)).items()]
    found = chains.breaches(await chains.look(office.database))
    # The renewals were put there without a word in the log.
    return wrong + [line for line in found if not line.startswith("renewal ")]


async def _faults(given: Namespace, database: Database, queue: Queue, keeper: Keeper) -> list[str]:
    """All that is done to the queue; what is wrong with how the worker takes it."""

    async def filled() -> bool:
        return bool(queue.relayed())

    for _ in range(given.rounds):
        await _at_work(database)
        await kills.until(filled)
        queue.flush()
    await _at_work(database)
    first, noticed, slowest = max(await queues.events(database)), 0, 0.0
    for _ in range(given.rounds):
        before = keeper.missed()
        queue.kill()
        await asyncio.sleep(1)
        noticed += await keeper.has_missed(before)
        queue.start()
        slowest = max(slowest, await _at_work(database))
    for _ in range(max(1, given.rounds // 4)):
        queue.halt()
        await asyncio.sleep(given.seconds / 2)
        queue.go_on()
        slowest = max(slowest, await _at_work(database))
    queue.kill()
    await asyncio.sleep(given.seconds)
    queue.start()
    slowest = max(slowest, await _at_work(database))
    say(
        f"{given.rounds} times emptied, {given.rounds} times killed, {noticed} times noticed by a"
        f" worker, {keeper.left} of which left; at work again within {slowest:.1f} s"
    )
    await queues.relayed_all(database)
    last = await queues.sent(database)
    noted = {one for one in await queues.events(database, first) if one <= last}
    missing = noted - queue.relayed()
    wrong = [f"{len(missing)} events never came"] * bool(missing)
    wrong += [f"the worker was back after {slowest:.1f} s"] * (slowest > queues.BACK_WITHIN)
    return wrong + [FEW + "workers noticed"] * (noticed < 0.9 * given.rounds)


async def _at_work(database: Database) -> float:
    """Wait until the worker relays again what was written before; the seconds it took."""
    begun, last = time.monotonic(), max(await queues.events(database))
    while await queues.sent(database) < last:
        assert time.monotonic() - begun < 2 * queues.PATIENCE
        await asyncio.sleep(0.05)
    return time.monotonic() - begun
