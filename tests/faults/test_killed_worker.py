"""Sweeps that are killed, repeated and run side by side: every renewal comes into work once."""

from argparse import Namespace
from pathlib import Path

import msgspec

from backend import clock
from backend.domain.flows.sweep import sweep
from backend.domain.renewals.schemas import SweepRun
from tests.conftest import FreshDatabase
from tests.faults import kills, renewals, sweeping
from tests.faults.plant import plant
from tests.launchers import valkey as queue
from tests.office import Office

DUE = 1200
SEED = 20261122


async def company(fresh: FreshDatabase, due: int) -> Office:
    office = Office(fresh.database, now=clock.now())
    await renewals.due(office, await office.person("anna"), due)
    return office


async def test_killed_in_the_middle_again_and_again(
    fresh_database: FreshDatabase, valkey: queue.Server, tmp_path: Path
) -> None:
    office = await company(fresh_database, DUE)
    with plant(fresh_database.url, valkey.url, tmp_path) as place:
        met = await kills.again_and_again(place, office.database, DUE, 2, SEED)
        assert all(kill.landed and kill.at_work for kill in met)
        worker = place.start("worker")
        await kills.reached(office.database, worker, DUE)
        worker.kill()
        assert await kills.ended(place.start("sweep")) == 0
    assert await renewals.breaches(office) == {}
    ledger = await renewals.runs(office.database)
    assert ledger[-1]["finished_at"] is not None
    assert (ledger[-1]["checked"], ledger[-1]["activated"]) == (0, 0)


async def test_six_sweeps_at_once_and_ten_in_turn(
    fresh_database: FreshDatabase, valkey: queue.Server, tmp_path: Path
) -> None:
    office = await company(fresh_database, 100)
    with plant(fresh_database.url, valkey.url, tmp_path) as place:
        together = [place.start("sweep", "--json") for _ in range(6)]
        assert [await kills.ended(part) for part in together] == [0] * 6
    lines = [part.words().splitlines()[-1] for part in together]
    assert sum(msgspec.json.decode(line, type=SweepRun).activated for line in lines) == 100
    assert await renewals.breaches(office) == {}
    for _ in range(10):
        run = await sweep(office.database, clock.now, "manual")
        assert (run.checked, run.activated, run.failed) == (0, 0, 0)
    assert await renewals.breaches(office) == {}


async def test_one_that_wakes_up_late_has_lost_its_work_to_another(
    fresh_database: FreshDatabase, valkey: queue.Server, tmp_path: Path
) -> None:
    office = Office(fresh_database.database, now=clock.now())
    with plant(fresh_database.url, valkey.url, tmp_path) as place:
        given = Namespace(rounds=1, due=DUE, seed=SEED)
        assert await sweeping.trial_wakes(given, office, place) == []


async def test_the_check_finds_a_sweep_without_transactions(
    fresh_database: FreshDatabase, valkey: queue.Server, tmp_path: Path
) -> None:
    office = await company(fresh_database, DUE)
    with plant(fresh_database.url, valkey.url, tmp_path, weak="transactions") as place:
        met = await kills.again_and_again(
            place, office.database, DUE, 1, SEED, caught=renewals.half_done
        )
        assert met[0].at_work
        assert await kills.ended(place.start("sweep")) == 0
    assert sum((await renewals.breaches(office)).values()) > 0
