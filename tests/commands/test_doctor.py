"""`voronka doctor`: everything it looks at, well and not well, and never a secret."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from arq.connections import RedisSettings, create_pool
from click.testing import CliRunner
from sqlalchemy import text, update

from backend import clock, resources
from backend.commands import doctor
from backend.commands.examination import examine
from backend.db import engines
from backend.db.models import renewal, server_process, worker_heartbeat
from backend.settings import Settings, load
from jobs import heartbeat
from tests.commands.test_cli import voronka
from tests.conftest import FreshDatabase
from tests.faults import renewals
from tests.launchers import valkey as valkey_launcher
from tests.office import Office

pytestmark = pytest.mark.anyio
ONE_DATABASE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


class Patient(NamedTuple):
    """A product that is well: a worker was seen on the queue that is set."""

    settings: Settings
    office: Office


@pytest.fixture
async def patient(
    fresh_database: FreshDatabase, valkey: valkey_launcher.Server, tmp_path: Path
) -> Patient:
    given = {
        "VORONKA_DATABASE_URL": fresh_database.url, "VORONKA_REDIS_URL": valkey.url,
        "VORONKA_SECRET_KEY": SECRET, "VORONKA_DATA_DIR": str(tmp_path),
    }  # fmt: skip
    settings = load(given, None)
    pool = await create_pool(RedisSettings.from_dsn(valkey.url))
    built = resources.build(settings)
    ctx = {"resources": built, "redis": pool, "name": "w:1", "started_at": clock.now()}
    await heartbeat.beat(ctx)
    await pool.aclose()
    await built.close()
    return Patient(settings, Office(fresh_database.database, now=clock.now()))


async def amiss(settings: Settings) -> dict[str, str]:
    """What is wrong, by its name; each says what to do."""
    found = [finding for finding in await examine(settings) if not finding.ok]
    assert all(finding.do for finding in found)
    return {finding.name: finding.told for finding in found}


CHECKS = [
    "settings", "secret", "data directory", "disk", "database", "migrations", "clock", "worker",
    "same queue", "renewals", "queue",
]  # fmt: skip


async def test_all_is_well(patient: Patient) -> None:
    found = await examine(patient.settings)
    assert [finding.name for finding in found] == CHECKS
    assert [finding.told for finding in found if not finding.ok] == []


@ONE_DATABASE
async def test_a_worker_on_another_queue(patient: Patient) -> None:
    elsewhere = update(worker_heartbeat).values(queue="another")
    await patient.office.do(lambda tx: tx.run(elsewhere))
    assert "w:1" in (await amiss(patient.settings))["same queue"]


@ONE_DATABASE
async def test_a_server_on_another_queue(patient: Patient) -> None:
    row = {"name": "s:1", "started_at": clock.now(), "seen_at": clock.now()}
    other = server_process.insert().values(**row, figures={"queue": "another"})
    await patient.office.do(lambda tx: tx.run(other))
    assert "s:1; these settings, w:1" in (await amiss(patient.settings))["same queue"]


@ONE_DATABASE
async def test_no_worker(patient: Patient) -> None:
    long_ago = update(worker_heartbeat).values(seen_at=clock.now() - timedelta(seconds=61))
    await patient.office.do(lambda tx: tx.run(long_ago))
    assert list(await amiss(patient.settings)) == ["worker"]


async def test_a_clock_that_is_wrong(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now
    for apart, told in ((-61, "behind"), (62, "ahead of")):
        monkeypatch.setattr(clock, "now", lambda apart=apart: now() + timedelta(seconds=apart))
        assert told in (await amiss(patient.settings))["clock"]


@ONE_DATABASE
async def test_a_worker_whose_clock_is_wrong(patient: Patient) -> None:
    early = update(worker_heartbeat).values(seen_at=clock.now() + timedelta(seconds=90))
    await patient.office.do(lambda tx: tx.run(early))
    assert "the worker w:1" in (await amiss(patient.settings))["clock"]


async def test_renewals_that_wait(patient: Patient) -> None:
    office = patient.office
    office.later(hours=-2)
    await renewals.due(office, await office.person("anna"), 1)
    assert "due for 2.0 hours" in (await amiss(patient.settings))["renewals"]
    parked = update(renewal).values(parked_at=clock.now())
    await office.do(lambda tx: tx.run(parked))
    assert "could not be activated" in (await amiss(patient.settings))["renewals"]


@ONE_DATABASE
async def test_migrations(patient: Patient) -> None:
    for revision, told in (("2026_11_22_1100", "pending"), ("2099_01_01_0000", "newer version")):
        query = text("UPDATE alembic_version SET version_num = :revision")
        await patient.office.do(
            lambda tx, query=query, revision=revision: tx.run(query, {"revision": revision})
        )
        assert told in (await amiss(patient.settings))["migrations"]


def changed(settings: Settings, **values: str) -> Settings:
    given = {
        "VORONKA_DATABASE_URL": settings.database, "VORONKA_REDIS_URL": settings.queue,
        "VORONKA_SECRET_KEY": SECRET, "VORONKA_DATA_DIR": str(settings.data_dir),
    }  # fmt: skip
    return load(given | {f"VORONKA_{name}": value for name, value in values.items()}, None)


@ONE_DATABASE
async def test_what_does_not_answer(patient: Patient) -> None:
    nobody = changed(
        patient.settings,
        DATABASE_URL="postgresql+asyncpg://u:hunter2@127.0.0.1:1/d",
        REDIS_URL="redis://:hunter2@127.0.0.1:1/0",
    )
    found = await amiss(nobody)
    assert set(found) == {"database", "queue"}
    assert "hunter2" not in str(await examine(nobody))


@ONE_DATABASE
async def test_a_sqlite_that_is_too_old(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engines, "SQLITE_AT_LEAST", (99, 0, 0))
    old = changed(patient.settings, DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path}/x.db")
    assert "too old" in (await amiss(old))["database"]


@ONE_DATABASE
async def test_secrets(patient: Patient) -> None:
    for weak in ("s" * 40, "change-me-change-me-change-me-1234567890"):
        assert list(await amiss(changed(patient.settings, SECRET_KEY=weak))) == ["secret"]
    assert list(await amiss(changed(patient.settings, SECRET_KEY=""))) == ["secret"]


@ONE_DATABASE
async def test_places(patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    beyond = changed(patient.settings, DATA_DIR=str(tmp_path / "file" / "data"))
    assert list(await amiss(beyond)) == ["data directory"]
    monkeypatch.setattr("os.access", lambda *_: False)
    assert list(await amiss(patient.settings)) == ["data directory"]
    monkeypatch.undo()
    usage: Any = type(shutil.disk_usage("/"))
    for total, free, well in ((1000, 400, False), (100_000, 4_000, False), (900_000, 6_000, True)):
        told = usage(total << 20, (total - free) << 20, free << 20)
        monkeypatch.setattr("shutil.disk_usage", lambda _, told=told: told)
        assert ("disk" in await amiss(patient.settings)) is not well


@ONE_DATABASE
async def test_the_command_says_so_and_keeps_secrets(patient: Patient, tmp_path: Path) -> None:
    settings = patient.settings
    given = {
        "DATABASE_URL": settings.database, "REDIS_URL": settings.queue, "SECRET_KEY": SECRET,
        "DATA_DIR": str(tmp_path),
    }  # fmt: skip
    ran = voronka(tmp_path, "doctor", **given)
    assert (ran.code, ran.err) == (0, "")
    assert [line[:7] for line in ran.out.splitlines()] == ["ok     "] * len(CHECKS)
    bad = {**given, "REDIS_URL": "redis://:hunter2@127.0.0.1:1/0"}
    ran = voronka(tmp_path, "doctor", "--json", **bad)
    told = json.loads(ran.out)
    assert (ran.code, told["ok"], ran.err.count("\n")) == (1, False, 1)
    assert [one["name"] for one in told["checks"] if not one["ok"]] == ["queue"]
    assert "hunter2" not in ran.out + ran.err
    assert SECRET not in ran.out + ran.err


def test_settings_that_cannot_be_read() -> None:
    ran = CliRunner().invoke(doctor.command, env={"VORONKA_PORT": "x"})
    assert ran.exit_code == 1
    assert ran.stdout.startswith("WRONG  settings: VORONKA_PORT must be a number")
