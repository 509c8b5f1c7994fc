"""`make bench ARGS=--boards`: a board over HTTP beside its bare queries, and what a drop takes.

The median and the 95th percentile, in milliseconds, of one request after the other, as people send
them; `server` and `database` are CPU. `bare` are the sums of all columns and the cards shown, by
the driver alone.
"""

import asyncio
import contextlib
import json
import re
import sqlite3
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from backend import clock, security
from backend.db.engines import open_database
from backend.db.session import unit
from backend.domain.users.sessions import actions as sessions
from bench import data, serving
from bench.reports import say

TURNS, ROUNDS = 4, 10
MOVED = 20
SHOWN = 31  # cards of a column that are read: one more than are shown
HTMX = {"HX-Request": "true"}
_CARD = """SELECT card.*, client.name AS client_name, app_user.name AS owner_name,
  (SELECT min(task.due_at) FROM task WHERE task.card_id = card.id AND done_at IS NULL) AS due_at
FROM card JOIN app_user ON app_user.id = card.owner_id
LEFT JOIN client ON client.id = card.client_id
WHERE card.stage_id = {stage} AND card.deleted_at IS NULL AND """
_SUM = """SELECT currency, count(*), sum(amount) FROM card
WHERE card.stage_id = {stage} AND kind = 'deal' AND deleted_at IS NULL AND """
OPEN = "card.closed_at IS NULL", "ORDER BY card.position"
CLOSED = "card.closed_at >= {since}", "ORDER BY card.closed_at DESC"


def bare_queries(since: datetime, exact: bool) -> list[str]:
    """What a board must ask at least: each column's sums, and its first cards."""
    day = f"'{since:%Y-%m-%d %H:%M:%S}+00'" if exact else f"'{since:%Y-%m-%d %H:%M:%S}'"
    asked = []
    for stage in data.STAGES.values():
        where, order = OPEN if stage.position <= len(data.OPEN) else CLOSED
        where = where.format(since=day)
        asked.append(f"{_SUM.format(stage=stage.id)}{where} GROUP BY currency")
        asked.append(f"{_CARD.format(stage=stage.id)}{where} {order} LIMIT {SHOWN}")
    return asked


Bare = Callable[[], Awaitable[None]]


@contextlib.asynccontextmanager
async def bare(dialect: str, where: str) -> AsyncIterator[Bare]:
    """The bare queries on one connection."""
    exact = dialect == "postgresql"
    asked = bare_queries(clock.now() - timedelta(days=30), exact)
    if exact:
        directory, name = where.split("|")
        connection = await asyncpg.connect(host=directory, user="postgres", database=name)

        async def work() -> None:
            for query in asked:
                await connection.fetch(query)

        yield work
        await connection.close()
        return
    file = sqlite3.connect(where)

    async def held() -> None:
        for query in asked:
            file.execute(query).fetchall()

    yield held
    file.close()


class Seat:
    """Somebody signed in at a server, without a browser's drawing."""

    def __init__(self, port: int, secret: str) -> None:
        self.http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", cookies={"voronka": secret}, timeout=60,
            headers={"Accept": "text/html", "X-CSRF-Token": security.derived(secret, "csrf")},
        )  # fmt: skip

    async def get(self, path: str, **headers: str) -> httpx.Response:
        reply = await self.http.get(path, headers=headers)
        reply.raise_for_status()
        return reply

    async def move(self, card: int, version: int, stage: int) -> None:
        sent = {"to": stage, "ids": card, "vers": version, "after": 0}
        reply = await self.http.post(f"/deals/{card}/move", data=sent, headers=HTMX)
        reply.raise_for_status()

    async def signals(self, heard: asyncio.Queue[dict[int, int]], begun: asyncio.Event) -> None:
        """Put what the stream of changes tells into a queue: cards with their versions."""
        async with self.http.stream("GET", "/events?board=deals") as told:
            async for line in told.aiter_lines():
                begun.set()
                if line.startswith("data: [["):
                    await heard.put(dict(json.loads(line.removeprefix("data: "))))


async def signed_in(url: str, user_id: int) -> str:
    """The secret of a new session, written past the sign-in and its slow hash."""
    secret, database = security.new_secret(), open_database(url)
    hashed = security.token_hash(secret)
    await unit(database, clock.now, lambda tx: sessions.begin_session(tx, user_id, hashed))
    await database.dispose()
    return secret


@dataclass(frozen=True)
class Stand:
    """What a request is measured beside: the bare queries, and the CPU of servers and database."""

    least: Bare
    servers: serving.Servers
    database: int | None

    def used(self) -> tuple[float, float]:
        """Milliseconds of CPU so far: of the servers, of the database's processes."""
        own = 0.0 if self.database is None else serving.descendants(self.database)
        return 1000 * self.servers.cpu(), 1000 * own


async def spent(work: Callable[[], Awaitable[Any]], rounds: int) -> list[float]:
    """Milliseconds of each round, after one that pays for what is made once."""
    await work()
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        await work()
        found.append(1000 * (time.perf_counter() - began))
    return found


def line(name: str, times: list[float], *more: float) -> None:
    ordered = sorted(times)
    middle, late = statistics.median(ordered), ordered[round(0.95 * (len(ordered) - 1))]
    say(f"{name:30}{middle:8.1f}{late:8.1f}" + "".join(f"{one:9.1f}" for one in more))


async def page(name: str, seat: Seat, path: str, stand: Stand, **headers: str) -> None:
    """One address, in turns with the bare queries, so that both meet the same weather."""
    times: list[float] = []
    least: list[float] = []
    cpu = [0.0, 0.0]
    for _ in range(TURNS):
        before = stand.used()
        times += await spent(lambda: seat.get(path, **headers), ROUNDS)
        after = stand.used()
        cpu = [a + (now - then) for a, now, then in zip(cpu, after, before, strict=True)]
        least += await spent(stand.least, ROUNDS)
    each = TURNS * (ROUNDS + 1)
    ratio = statistics.median(times) / statistics.median(least)
    line(name, times, cpu[0] / each, cpu[1] / each, ratio)


async def pages(seat: Seat, stand: Stand) -> None:
    """A board and the parts of it that are asked for later."""
    text = (await seat.get("/deals")).text
    more = re.findall(r'hx-get="(/deals/columns/[^"]+)"', text)[0].replace("&amp;", "&")
    some = ",".join(re.findall(r'id="c(\d+)"', text)[:3])
    await page("board", seat, "/deals", stand)
    await page("board, filtered", seat, "/deals?sum=100000-", stand, **HTMX)
    await page("next cards of a column", seat, more, stand, **HTMX)
    await page("patch of 3 cards", seat, f"/deals/patch?ids={some}", stand, **HTMX)
    await page("figures, after the cards", seat, "/deals/figures", stand, **HTMX)


async def drops(mover: Seat, watcher: Seat, deals: int) -> None:
    """A drop until it is confirmed, and until a colleague has the patch of it."""
    heard: asyncio.Queue[dict[int, int]] = asyncio.Queue()
    begun = asyncio.Event()
    listening = asyncio.create_task(watcher.signals(heard, begun))
    await asyncio.wait_for(begun.wait(), 30)
    confirmed, seen = [], []
    for card in data.standing(min(deals, 2000), "s1")[: MOVED + 1]:
        began = time.perf_counter()
        await mover.move(card, 1, data.STAGES["s2"].id)
        confirmed.append(1000 * (time.perf_counter() - began))
        while card not in await asyncio.wait_for(heard.get(), 30):
            pass
        await watcher.get(f"/deals/patch?ids={card}", **HTMX)
        seen.append(1000 * (time.perf_counter() - began))
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    line("drop, confirmed", confirmed[1:])
    line("change, seen by a colleague", seen[1:])


async def told(place: Any, servers: serving.Servers, deals: int) -> None:
    people = data.ADMIN, data.ADMIN + 3, data.ADMIN
    admin, manager, colleague = seats = [
        Seat(servers.port, await signed_in(place.url, user_id)) for user_id in people
    ]
    say(f"{'':30}{'p50':>8}{'p95':>8}{'server':>9}{'database':>9}{'of bare':>9}")
    async with bare(place.dialect, place.where) as least:
        line("bare queries", await spent(least, ROUNDS))
        stand = Stand(least, servers, place.pid)
        for seat, whose in ((admin, "everybody's"), (manager, "a manager's own")):
            say(whose)
            await pages(seat, stand)
    await drops(admin, colleague, deals)
    for seat in seats:
        await seat.http.aclose()


def measured(place: Any, queue: str, directory: Path, deals: int) -> None:
    """The report on one database; `place` is where the measured company is."""
    with serving.product(place.url, queue, directory) as servers:
        asyncio.run(told(place, servers, deals))
