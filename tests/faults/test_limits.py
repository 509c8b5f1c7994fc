"""Limits of requests under four server processes at once: never one too many."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from backend import clock
from tests.conftest import FreshDatabase
from tests.faults import queues, wire
from tests.faults.plant import plant
from tests.office import Office

PROCESSES, AT_ONCE, LIMIT, FORMS = 4, 50, 37, 11


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_limit_holds_over_all_processes(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    office = Office(fresh_database.database, now=clock.now())
    anna = await office.person("anna")
    second = await office.signed_in(anna.id)
    forms = await office.signed_in(anna.id, ("leads:intake",))
    with queues.queue() as queue, plant(fresh_database.url, queue.url, tmp_path) as place:
        place.settings = {"RATE_LIMIT": f"{LIMIT}/600", "INTAKE_LIMIT": f"{FORMS}/600"}
        started = [place.start("serve") for _ in range(PROCESSES)]
        for part in started:
            part.await_ready()
        ports = [part.port for part in started]

        over = await wire.lines(ports, PROCESSES * AT_ONCE, anna.token)
        told = await wire.volley(over, "GET", "/me")
        told += await wire.volley(over, "GET", "/deals/")
        assert Counter(one.status for one in told) == {200: LIMIT, 429: 400 - LIMIT}
        assert all("ratelimit-remaining" in one.headers for one in told)
        assert all("retry-after" in one.headers for one in told if one.status == 429)
        left = [int(one.headers["ratelimit-remaining"]) for one in told if one.status == 200]
        assert sorted(left) == list(range(LIMIT))
        reports = await over[0].ask("GET", "/reports/funnel?pipeline=sales")
        assert (reports.status, reports.headers["ratelimit-remaining"]) == (200, str(LIMIT - 1))
        line = await wire.Line.open(ports[0], second.token)
        assert (await line.ask("GET", "/me")).status == 200  # another token

        sending = await wire.lines(ports, PROCESSES * AT_ONCE, forms.token)
        forged = [
            one.ask("POST", "/leads/intake", {"phone": "1"}, X_Forwarded_For=f"10.0.0.{number}")
            for number, one in enumerate(sending)
        ]
        told = list(await asyncio.gather(*forged))
        assert Counter(one.status for one in told) == {201: FORMS, 429: 200 - FORMS}
        for one in (*over, *sending, line):
            await one.close()
