"""Trials of what the product leans on: PostgreSQL gone, cut off amid a COMMIT, the disk full."""

import asyncio
import contextlib
import random
import signal
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from tests.faults import rolling, wire
from tests.faults.cutting import Cutter, cutting
from tests.faults.plant import FEW, Plant, say
from tests.faults.rolling import Front, Load, Writer
from tests.faults.wire import Answer
from tests.office import Office

WELL_WITHIN = 5.0  # seconds after which writes are answered again
PATIENCE = 60.0  # seconds for which a writer asks again
AGAIN = (503, 409)  # the database is away; the same key is still at work
FULL_FOR = 5.0
ROOM = 1 << 16  # bytes that are free now and then of a full disk, at most
UNKNOWN = "unexpected failure"  # what the log says of an answer 500
MANY = 40  # writes that a full disk refuses
PROBLEM = "application/problem+json"


@dataclass
class Crowd:
    """Writers who ask with the same key until they are told what became of it."""

    load: Load = field(default_factory=Load)
    answered: list[float] = field(default_factory=list)  # when, of all that was done
    refused: Counter[int] = field(default_factory=Counter)
    going: bool = True

    async def write(self, writer: Writer, name: str, client: int) -> None:
        """Make a deal and move it, again and again."""
        number = 0
        while self.going:
            number += 1
            key = f"{name}-{number}"
            made = await self._insist(
                writer, "/deals/", {"title": rolling.TITLE, "client_id": client}, 201,
                Idempotency_Key=key,
            )  # fmt: skip
            if made is None:
                continue
            self.load.made.append(made.json["id"])
            moved = await self._insist(
                writer, f"/deals/{made.json['id']}/move", {"stage": "offer"}, 200,
                If_Match=made.headers["etag"], Idempotency_Key=f"{key}-move",
            )  # fmt: skip
            self.load.moved += moved is not None
        await writer.close()

    async def _insist(
        self, writer: Writer, path: str, body: Any, wanted: int, **headers: str
    ) -> Answer | None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            answer = await writer.ask("POST", path, body, **headers)
            if answer.status == wanted:
                self.answered.append(time.monotonic())
                return answer
            self.refused[answer.status] += 1
            if answer.status not in AGAIN or PROBLEM not in answer.headers["content-type"]:
                break
            await asyncio.sleep(rolling.PAUSE)
        self.load.amiss.append(f"{path} was answered {answer.status}: {answer.body[:300]!r}")
        return None

    async def well_again(self) -> float:
        """Wait until something is done, but not for ever; the seconds it took."""
        begun, before = time.monotonic(), len(self.answered)
        while len(self.answered) == before:
            if (waited := time.monotonic() - begun) > PATIENCE:
                return waited
            await asyncio.sleep(0.02)
        return self.answered[before] - begun


async def with_writers(
    office: Office, place: Plant, work: Callable[[Crowd, Front], Awaitable[list[str]]]
) -> list[str]:
    """Do something to the product while eight writers are at it; what is wrong afterwards."""
    anna = await office.person("anna")
    acme = await office.client(anna)
    servers = await asyncio.to_thread(place.serve, 2)
    front, crowd = Front([part.port for part in servers]), Crowd()
    writing = [
        asyncio.create_task(crowd.write(Writer(front, anna.token), f"w{number}", acme))
        for number in range(rolling.WRITERS)
    ]
    await crowd.well_again()
    wrong = await work(crowd, front)
    await crowd.well_again()
    crowd.going = False
    await asyncio.gather(*writing)
    load = crowd.load
    say(f"{len(load.made)} deals and {load.moved} moves acknowledged; {dict(crowd.refused)}")
    said = [line for part in servers for line in part.words().splitlines() if UNKNOWN in line]
    wrong += [line[-rolling.LAST_WORDS :] for line in said]
    return wrong + await rolling.verdict(office.database, load)


async def trial_base(given: Namespace, office: Office, place: Plant) -> list[str]:
    """PostgreSQL stops in good order and at once, by turns, and comes back."""
    server = place.server
    assert server is not None

    async def stopped(crowd: Crowd, _: Front) -> list[str]:
        slowest, hit = 0.0, 0
        for number in range(given.restarts):
            how = signal.SIGQUIT if number % 2 else signal.SIGINT
            before = crowd.refused.total()
            await asyncio.to_thread(server.stop, how)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(server.restart)
            slowest = max(slowest, await crowd.well_again())
            hit += crowd.refused.total() > before
        await office.database.dispose()
        say(f"{given.restarts} stops, {hit} met writers; well again within {slowest:.2f} s")
        wrong = [f"well again after {slowest:.1f} s"] * (slowest > WELL_WITHIN)
        return wrong + [FEW + "stops met writers"] * (hit < 0.9 * given.restarts)

    return await with_writers(office, place, stopped)


async def trial_cuts(given: Namespace, office: Office, place: Plant) -> list[str]:
    """Connections end amid a COMMIT: before it arrives, or before its answer does."""
    assert place.server is not None
    directory = place.server.directory
    async with cutting(directory, given.seed) as cutter:
        place.database = place.database.replace(str(directory), str(cutter.directory))

        async def cut(crowd: Crowd, _: Front) -> list[str]:
            return await _cut(given, cutter)

        return await with_writers(office, place, cut)


async def _cut(given: Namespace, cutter: Cutter) -> list[str]:
    cutter.left = given.cuts
    begun = time.monotonic()
    while cutter.left:
        assert time.monotonic() - begun < 10 * PATIENCE
        await asyncio.sleep(0.1)
    say(f"cut before COMMIT arrived: {cutter.before}, before its answer did: {cutter.after}")
    return []


async def trial_disk(given: Namespace, office: Office, place: Plant) -> list[str]:
    """The disk is full: writes are refused in plain words, reads go on, and it comes back."""
    disk = place.server.directory.parent if place.server else place.directory

    async def filled(crowd: Crowd, front: Front) -> list[str]:
        reader = await office.person("boris")
        filler = disk / "filler"
        line = await wire.Line.open(front.ports[0], reader.token)
        begun, reads, chance = time.monotonic(), Counter[int](), random.Random(given.seed)
        while time.monotonic() - begun < (FULL_FOR if crowd.refused[503] > MANY else 4 * FULL_FOR):
            _fill(filler, chance.randrange(ROOM))
            reads[(await line.ask("GET", "/deals/?limit=5")).status] += 1
            await asyncio.sleep(0.1)
        filler.unlink()
        took = await crowd.well_again()
        await line.close()
        say(f"{crowd.refused[503]} writes refused, reads meanwhile: {dict(reads)}; {took:.2f} s")
        wrong = [f"reads were answered {dict(reads)}"] * (set(reads) != {200})
        if office.database.dialect == "sqlite":
            async with office.database.read() as conn:
                whole = (await conn.execute(text("PRAGMA integrity_check"))).scalar_one()
            wrong += [f"the file is not whole: {whole}"] * (whole != "ok")
        wrong += [FEW + "writes were refused"] * (crowd.refused[503] <= MANY)
        return wrong + [f"well again after {took:.1f} s"] * (took > WELL_WITHIN)

    return await with_writers(office, place, filled)


def _fill(file: Path, room: int) -> None:
    """Take all that is free but for a little room, in which a write can begin and not end."""
    with file.open("ab", buffering=0) as stream:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while stream.write(bytes(size)):
                    pass
        stream.truncate(max(0, stream.tell() - room))
