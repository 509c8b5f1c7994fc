"""Servers and workers started again one after another, while writers go on as if nothing were."""

import asyncio
import signal
import time
from argparse import Namespace
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from backend.db.engines import Database
from backend.db.models import card, card_event, change
from tests.faults import kills, renewals, wire
from tests.faults.plant import FEW, Part, Plant, say
from tests.faults.wire import Answer
from tests.office import Office

TITLE = "Rolled"
WRITERS = 8
GONE_WITHIN = 10.0
GOOD_ENDS = (0, -signal.SIGTERM)
AGAIN = 200  # tries of one request at servers that stop or start
PAUSE = 0.05
LAST_WORDS = 2000  # characters of what a process said that ended badly
# What says that a connection is over and the request on it was not taken.
CLOSED = (ConnectionError, asyncio.IncompleteReadError, OSError)


@dataclass
class Front:
    """What a load balancer is in earnest: servers by turns, and the next where one is stopping."""

    ports: list[int]
    turn: int = 0
    refused: int = 0  # connections to a server that is away
    cut: int = 0  # kept connections that ended before an answer

    def next(self) -> int:
        self.turn += 1
        return self.ports[self.turn % len(self.ports)]


@dataclass
class Load:
    """What the writers were told."""

    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    made: list[int] = field(default_factory=list)
    moved: int = 0
    amiss: list[str] = field(default_factory=list)
    slowest: float = 0.0


class Writer:
    """One client with one connection, which it opens anew where the server has closed it."""

    def __init__(self, front: Front, token: str) -> None:
        self._front, self._token = front, token
        self._line: wire.Line | None = None

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A request and its answer, from whichever server takes it; a write has its key."""
        for _ in range(AGAIN):
            try:
                if self._line is None:
                    self._line = await wire.Line.open(self._front.next(), self._token)
                answer = await self._line.ask(method, path, body, **headers)
            except CLOSED:
                self._front.refused += self._line is None
                self._front.cut += self._line is not None
                await self.close()
                await asyncio.sleep(PAUSE)
                continue
            if answer.headers.get("connection") == "close":
                await self.close()
            return answer
        raise AssertionError(f"nobody takes {method} {path}")

    async def close(self) -> None:
        if self._line is not None:
            await self._line.close()
        self._line = None


async def write(writer: Writer, name: str, client: int, load: Load, going: asyncio.Event) -> None:
    """Make a deal and move it, again and again; each with a key of its own."""
    number = 0
    while going.is_set():
        number += 1
        body = {"title": TITLE, "client_id": client}
        made = await _timed(load, writer.ask(
            "POST", "/deals/", body, Idempotency_Key=f"{name}-{number}"
        ))  # fmt: skip
        load.answered["create", made.status] += 1
        if made.status != 201:
            load.amiss.append(f"a deal was answered {made.status}: {made.body[:200]!r}")
            continue
        load.made.append(made.json["id"])
        moved = await _timed(load, writer.ask(
            "POST", f"/deals/{made.json['id']}/move", {"stage": "offer"},
            If_Match=made.headers["etag"], Idempotency_Key=f"{name}-{number}-move",
        ))  # fmt: skip
        load.answered["move", moved.status] += 1
        load.moved += moved.status == 200
        if moved.status != 200:
            load.amiss.append(f"a move was answered {moved.status}: {moved.body[:200]!r}")
    await writer.close()


async def _timed(load: Load, asking: Any) -> Answer:
    begun = time.monotonic()
    answer: Answer = await asking
    load.slowest = max(load.slowest, time.monotonic() - begun)
    return answer


async def renew(place: Plant, old: Part, word: str) -> tuple[Part, float, int | None]:
    """End a process in good order and start another on its port; how long it took to go.

    A weak product gets no time for good order either.
    """
    begun = time.monotonic()
    old.child.send_signal(signal.SIGKILL if place.weak else signal.SIGTERM)
    code = await asyncio.to_thread(old.child.wait, 3 * GONE_WITHIN)
    gone = time.monotonic() - begun
    return place.start(word, port=old.port), gone, code


async def ready(part: Part) -> None:
    """Wait for a server without holding up the writers."""
    begun = time.monotonic()
    while not await asyncio.to_thread(part.answers):
        assert part.running(), part.words()
        assert time.monotonic() - begun < 60, part.words()
        await asyncio.sleep(0.05)


async def verdict(database: Database, load: Load) -> list[str]:
    """Every acknowledged write is there once: cards, histories, the log."""
    mine = select(card.c.id).where(card.c.title == TITLE)
    counted = {
        "cards": select(func.count()).where(card.c.title == TITLE),
        "moved": select(func.count()).where(
            card_event.c.card_id.in_(mine), card_event.c.event == "moved"
        ),
        "logged": select(func.count()).where(change.c.kind == "deal", change.c.record_id.in_(mine)),
        "versions": select(func.sum(card.c.version)).where(card.c.title == TITLE),
    }
    async with database.read() as conn:
        found = {n: int((await conn.execute(q)).scalar_one() or 0) for n, q in counted.items()}
    both = len(load.made) + load.moved
    wanted = {"cards": len(load.made), "moved": load.moved, "logged": both, "versions": both}
    wrong = [
        f"{name}: {found[name]} in the database, {wanted[name]} acknowledged"
        for name in wanted
        if found[name] != wanted[name]
    ]
    if len(set(load.made)) != len(load.made):
        wrong.append("one deal was given to two writers")
    return wrong + load.amiss


@dataclass
class Ends:
    """How the processes have gone."""

    slowest: float = 0.0
    amid: int = 0  # workers that had renewals left
    amiss: list[str] = field(default_factory=list)

    def note(self, word: str, gone: float, code: int | None, old: Part) -> None:
        self.slowest = max(self.slowest, gone)
        if gone > GONE_WITHIN or code not in GOOD_ENDS:
            said = old.words().strip()[-LAST_WORDS:]
            self.amiss.append(f"a {word} took {gone:.1f} s to end with code {code}: {said}")


async def roll_servers(place: Plant, servers: list[Part], times: int, ends: Ends) -> None:
    """Start the web servers again, by turns, each when the one before it answers."""
    for turn in range(times):
        old = servers[turn % len(servers)]
        new, gone, code = await renew(place, old, "serve")
        ends.note("serve", gone, code, old)
        servers[turn % len(servers)] = new
        await ready(new)


async def roll_workers(
    given: Namespace, office: Office, place: Plant, workers: list[Part], ends: Ends
) -> None:
    """Start the workers again, by turns, spread over what is due."""
    for turn in range(given.restarts):
        old, mark = workers[turn % len(workers)], given.due * (turn + 1) // (given.restarts + 2)
        await kills.reached(office.database, old, mark)
        ends.amid += await renewals.waiting(office) > 0
        new, gone, code = await renew(place, old, "worker")
        ends.note("worker", gone, code, old)
        workers[turn % len(workers)] = new


async def trial(given: Namespace, office: Office, place: Plant) -> list[str]:
    """Two servers and two workers, started again one after another, under load."""
    anna = await office.person("anna")
    acme = await office.client(anna)
    await renewals.due(office, anna, given.due)
    servers = place.serve(2)
    workers = [place.start("worker") for _ in range(2)]
    front, load, going = Front([one.port for one in servers]), Load(), asyncio.Event()
    going.set()
    writing = [
        asyncio.create_task(write(Writer(front, anna.token), f"w{number}", acme, load, going))
        for number in range(WRITERS)
    ]
    ends = Ends()
    await asyncio.gather(
        roll_servers(place, servers, given.restarts, ends),
        roll_workers(given, office, place, workers, ends),
    )
    going.clear()
    await asyncio.gather(*writing)
    told = ", ".join(f"{what} {status}: {n}" for (what, status), n in load.answered.items())
    say(
        f"{given.restarts} restarts of servers, as many of workers, {ends.amid} of them amid a"
        f" sweep: {told}; tried elsewhere: {front.refused} refused and {front.cut} ended"
        f" connections; the slowest answer {load.slowest:.2f} s, the slowest end"
        f" {ends.slowest:.2f} s"
    )

    async def swept() -> bool:
        return not await renewals.waiting(office)

    await kills.until(swept)
    found = await renewals.breaches(office)
    wrong = [f"{name}: {count}" for name, count in found.items()]
    wrong += [FEW + "workers were amid a sweep"] * (ends.amid < 0.9 * given.restarts)
    own = [] if place.weak else ends.amiss  # a weak product is ended by us, not by itself
    return own + wrong + await verdict(office.database, load)
