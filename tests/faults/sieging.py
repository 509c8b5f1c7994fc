"""Trials of a sweep under fire: its processes are killed, and PostgreSQL is stopped at once."""

import asyncio
import random
import signal
import time
from argparse import Namespace

from tests.faults import kills, renewals
from tests.faults.plant import FEW, Plant, say
from tests.office import Office


async def trial_kills(given: Namespace, office: Office, place: Plant) -> list[str]:
    """A sweep of many renewals, killed again and again."""
    await renewals.due(office, await office.person("anna"), given.due)
    caught = renewals.half_done if given.weak else None
    met = await kills.again_and_again(
        place, office.database, given.due, given.kills, given.seed, caught
    )
    return await _brought_to_its_end(given, office, place, met)


async def trial_siege(given: Namespace, office: Office, place: Plant) -> list[str]:
    """Many kills of workers and sweeps, and between them immediate stops of PostgreSQL."""
    await renewals.due(office, await office.person("anna"), given.due)
    caught = renewals.half_done if given.weak else None
    # SQLite has one writer at a time.
    stops, at_once = (given.stops, 2) if place.server is not None else (0, 1)
    whole, met = given.kills + stops, list[kills.Kill]()
    for number in range(stops + 1):
        times = given.kills // (stops + 1) + (number < given.kills % (stops + 1))
        among, seed = (len(met), whole), given.seed + number
        met += await kills.again_and_again(
            place, office.database, given.due, times, seed, caught, among, at_once
        )
        if number < stops:
            met.append(await _power_cut(given, office, place))
    return await _brought_to_its_end(given, office, place, met)


async def _power_cut(given: Namespace, office: Office, place: Plant) -> kills.Kill:
    """Stop PostgreSQL at once while a sweep is amid a transaction, and start it again."""
    assert place.server is not None
    done, chance = await renewals.activated(office.database), random.Random(given.seed)
    sweeping = place.start("sweep")
    await kills.reached(office.database, sweeping, done + 1)
    met = await kills.halted(office.database, [sweeping], chance)
    done = await renewals.activated(office.database)
    await asyncio.to_thread(place.server.stop, signal.SIGQUIT)
    sweeping.go_on()
    code = await kills.ended(sweeping, kills.LONG)
    await office.database.dispose()
    await asyncio.to_thread(place.server.restart)
    return kills.Kill(done, given.due - done, bool(met) and code != 0)


async def _brought_to_its_end(
    given: Namespace, office: Office, place: Plant, met: list[kills.Kill]
) -> list[str]:
    begun = time.monotonic()
    while await kills.ended(place.start("sweep"), kills.LONG) or await renewals.waiting(office):
        assert time.monotonic() - begun < kills.LONG
    landed = sum(kill.landed for kill in met)
    opened = sum(kill.at_work for kill in met)
    found = await renewals.breaches(office)
    told = dict(found) or "each came into work once"
    say(f"{given.due} renewals, {landed} of {len(met)} kills landed, {opened} amid work: {told}")
    few = landed < 0.95 * len(met) or opened < len(met) / 2
    return [f"{name}: {count}" for name, count in found.items()] + [FEW + "kills landed"] * few
