"""Trials of the sweep: run at once, late, stopped and woken, poisoned, by a wild clock."""

import asyncio
import random
import time
from argparse import Namespace
from datetime import date, timedelta
from typing import Any

import msgspec
from sqlalchemy import func, select, text, update

from backend import clock
from backend.db.engines import Database
from backend.db.models import agreement, card_event, renewal, renewal_activation
from backend.domain.flows.sweep import sweep
from backend.domain.renewals.schemas import SweepRun
from tests.faults import kills, renewals, wire
from tests.faults.plant import FEW, Part, Plant, say
from tests.office import Office

DOWN = {"9 s": 9, "25 h": 25 * 3600, "40 days": 40 * 86_400}
FIRST_WITHIN = 60.0
BAD = 3
BACK_OFF = (6, 11, 21, 41)  # minutes after which each further try is due
AT_ONCE = 10


async def trial_overlap(given: Namespace, office: Office, place: Plant) -> list[str]:
    """Ten sweeps at once, then ten in turn: each renewal once, the second time nothing."""
    await renewals.due(office, await office.person("anna"), given.due)
    together = [place.start("sweep", "--json") for _ in range(AT_ONCE)]
    ends = [await kills.ended(part, kills.LONG) for part in together]
    shares = [_line(part).activated for part in together if part.child.poll() == 0]
    repeated = []
    for _ in range(AT_ONCE):
        run = await sweep(office.database, clock.now, "manual")
        repeated.append(run.checked)
    found = await renewals.breaches(office)
    say(f"{AT_ONCE} sweeps at once took {sorted(shares)} of {given.due}, then {sum(repeated)}")
    wrong = [f"a sweep ended with {end}" for end in ends if end]
    wrong += [FEW + "were at work at once"] * (sum(share > 0 for share in shares) < 2)
    wrong += [f"{sum(repeated)} were met again"] * any(repeated)
    return wrong + [f"{name}: {count}" for name, count in found.items()]


def _line(part: Part) -> SweepRun:
    return msgspec.json.decode(part.words().splitlines()[-1], type=SweepRun)


async def trial_late(given: Namespace, office: Office, place: Plant) -> list[str]:
    """No worker for 9 s, 25 hours and 40 days: what was missed is made up for, oldest first."""
    await office.set_company(time_zone="UTC", sweep_hour=0)
    begun, wrong, before = office.now, [], set[int]()
    days = [begun.date() + timedelta(days=number % 45 - 1) for number in range(given.due)]
    await renewals.wait_until(office, await office.person("anna"), days)
    for name, seconds in {"0 s": 0, **DOWN}.items():
        place.clock = f"later={seconds}"
        office.now = clock.now() + timedelta(seconds=seconds)
        first = await _one_start(office, place, len(before))
        due = {number for number, day in enumerate(days) if day <= office.now.date()}
        late = max(((office.now.date() - days[number]).days for number in due - before), default=0)
        run = (await _sweeps(office))[-1]
        say(f"down for {name}: {len(due - before)} due, the first of them after {first:.1f} s")
        if (run["activated"], run["late_days_max"]) != (len(due - before), late):
            wrong.append(f"{name}: the ledger says {run['activated']}, {run['late_days_max']}")
        if due - before and run["trigger"] != "catch_up":
            wrong.append(f"{name}: the ledger knows no catching up")
        wrong += [f"{name}: {what}: {n}" for what, n in (await renewals.breaches(office)).items()]
        wrong += [f"{name}: the first came after {first:.1f} s"] * (first > FIRST_WITHIN)
        before = due
    order = select(renewal_activation.c.activates_on).order_by(renewal_activation.c.id)
    async with office.database.read() as conn:
        brought = list((await conn.execute(order)).scalars())
    return wrong + ["not the oldest first"] * (brought != sorted(brought))


async def _one_start(office: Office, place: Plant, before: int) -> float:
    """Start a worker and kill it after its first sweep; the seconds until that claimed something.

    Where nothing is due, it is the seconds until the sweep has ended.
    """
    lines, begun = len(await _sweeps(office)), time.monotonic()
    worker, first = place.start("worker"), 0.0

    async def swept() -> bool:
        nonlocal first
        if not first and await renewals.activated(office.database) > before:
            first = time.monotonic() - begun
        return any(run["finished_at"] for run in (await _sweeps(office))[lines:])

    await kills.until(swept, worker)
    worker.kill()
    return first or time.monotonic() - begun


async def _sweeps(office: Office) -> list[dict[str, Any]]:
    """The lines of the ledger that are about renewals."""
    return [run for run in await renewals.runs(office.database) if run["job"] == "renewals"]


async def trial_wakes(given: Namespace, office: Office, place: Plant) -> list[str]:
    """A sweep is stopped amid a batch, another takes over, and the first one wakes up late.

    By turns it wakes with its locks still held, and with its connection gone: then the other has
    taken its rows meanwhile, and nothing of the first may be there. On SQLite a connection goes
    with its process alone, and that never wakes. A round has so many due that it takes several
    batches: else the first would often be done before it is stopped.
    """
    chance, patient = random.Random(given.seed), office.database.dialect == "postgresql"
    caught = renewals.half_done if place.weak else None
    landed, wrong = 0, list[str]()
    rounds = [office.now.date() - timedelta(days=n) for n in range(given.rounds + 1, 1, -1)]
    days = [day for day in rounds for _ in range(given.due)]
    await renewals.wait_until(office, await office.person("anna"), days)
    for number, day in enumerate(rounds):
        first = place.start("sweep", "--today", str(day))
        await kills.reached(office.database, first, number * given.due + 1)
        met = bool(await kills.halted(office.database, [first], chance, caught))
        landed += met and await renewals.activated(office.database) < (number + 1) * given.due
        cut = number % 2 == 0 and met
        if cut and patient:
            await _cut_off(office.database)
        elif cut:
            first.kill()
        code = await _overtaken(office, first, day, wakes_first=not patient)
        if met and (code != 0) != cut:
            wrong.append(f"round {number}: the first ended with {code}: {first.words()[-300:]}")
    found = await renewals.breaches(office)
    say(f"{landed} of {given.rounds} woke up late: {dict(found) or 'each came into work once'}")
    wrong += [FEW + "were amid their work"] * (landed < 0.9 * given.rounds)
    return wrong + [f"{name}: {count}" for name, count in found.items()]


async def _overtaken(office: Office, first: Part, day: date, *, wakes_first: bool) -> int:
    """Let another sweep go first; the exit code of the one that was stopped.

    On SQLite the other one waits for it: there is one writer at a time.
    """
    other = asyncio.create_task(sweep(office.database, clock.now, "manual", day))
    if wakes_first:
        await asyncio.sleep(0.1)
    else:
        await other
    if first.running():
        first.go_on()
    code = await kills.ended(first, kills.LONG)
    await other
    return code


async def _cut_off(database: Database) -> None:
    """End every connection but our own."""
    query = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
        " datname = current_database() AND pid <> pg_backend_pid()"
    )
    await database.dispose()
    async with database.read() as conn:
        await conn.execute(query)


async def trial_poison(given: Namespace, office: Office, place: Plant) -> list[str]:
    """Three of many can never be activated: the rest goes on, and they are tried ever later."""
    anna, wrong, ahead = await office.person("anna", "admin"), [], timedelta(0)
    await renewals.due(office, anna, given.due)
    bad = await _poisoned(office, given.due)
    await kills.ended(place.start("sweep"), kills.LONG)
    done = await renewals.activated(office.database)
    say(f"{done} of {given.due} in the first sweep, {BAD} are poisoned")
    if done != given.due - BAD:
        return [f"{given.due - BAD - done} stood behind the poisoned ones"]
    for tries, minutes in enumerate(BACK_OFF, start=2):
        for early in (True, False):
            when = ahead + timedelta(minutes=minutes - 3 if early else minutes)
            place.clock = f"later={int(when.total_seconds())}"
            await kills.ended(place.start("sweep"), kills.LONG)
            wanted = [tries - early] * BAD
            if (failures := await _failures(office)) != wanted:
                wrong.append(f"tried {failures} times after {when}, not {wanted}")
        ahead = when
    parked = (await anna.get("/renewals", parked="true")).json()["items"]
    say(f"after {1 + len(BACK_OFF)} tries in {ahead} parked: {len(parked)}")
    wrong += [f"parked: {len(parked)}"] * ({row["id"] for row in parked} != set(bad))
    await office.do(lambda tx: tx.run(update(agreement).values(period="P1Y")))
    place.clock = "later=90000"
    await kills.ended(place.start("sweep"), kills.LONG)
    found = await renewals.breaches(office)
    del found["ledger: failed"]  # they did fail
    return wrong + [f"{name}: {count}" for name, count in found.items()]


async def _poisoned(office: Office, due: int) -> list[int]:
    """The renewals that no rule can bring into work: the first, one in the middle, the last."""
    query = select(renewal.c.card_id, renewal.c.agreement_id).order_by(renewal.c.activates_on)
    rows = (await office.do(lambda tx: tx.rows(query)))[:due]
    some = [rows[0], rows[due // 2], rows[-1]]
    where = agreement.c.id.in_([row["agreement_id"] for row in some])
    await office.do(lambda tx: tx.run(update(agreement).where(where).values(period="X")))
    return [row["card_id"] for row in some]


async def _failures(office: Office) -> list[int]:
    query = select(renewal.c.failures).where(renewal.c.failures > 0)
    async with office.database.read() as conn:
        return list((await conn.execute(query)).scalars())


async def trial_clocks(given: Namespace, office: Office, place: Plant) -> list[str]:
    """The clocks of server and workers jump by hours and days: nothing too early, nothing twice."""
    await office.set_company(time_zone="UTC", sweep_hour=0)
    today = office.now.date()
    days = [today + timedelta(days=-(n % 40) if n % 4 else 1) for n in range(given.due)]
    anna = await office.person("anna", "admin")
    await renewals.wait_until(office, anna, days)
    place.clock = "jumping"
    (server,) = place.serve()
    for _ in range(2):
        place.start("worker")
    for _ in range(8):
        await kills.ended(place.start("sweep"), kills.LONG)
        line = await wire.Line.open(server.port, anna.token)
        assert (await line.ask("POST", "/renewals/sweeps", {})).status == 200
        await line.close()

    async def over() -> bool:
        return not await renewals.waiting(office)

    await kills.until(over)
    found = await renewals.breaches(office)
    span = select(func.min(card_event.c.at), func.max(card_event.c.at)).where(
        card_event.c.event == "activated"
    )
    async with office.database.read() as conn:
        least, most = (await conn.execute(span)).one()
    say(f"activations at {least:%d %H:%M} to {most:%d %H:%M}, {office.now:%d %H:%M} being now")
    wrong = [FEW + "jumps of the clocks"] * (most - least < timedelta(hours=24))
    return wrong + [f"{name}: {count}" for name, count in found.items()]
