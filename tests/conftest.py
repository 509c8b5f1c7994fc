"""Fixtures of the whole suite: both databases built by the migrations, and a private queue."""

import asyncio
import gc
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend import security
from backend.commands import shared
from backend.db import migrate
from backend.db.engines import Database, open_database
from tests.held import HeldDatabase, held
from tests.launchers import places
from tests.launchers import postgres as postgres_launcher
from tests.launchers import valkey as valkey_launcher
from tests.office import Office
from tests.passwords import QUICK

TEMPLATE = "voronka_template"
DIALECTS = ["sqlite", "postgresql"]
HERE = Path(__file__).parent
# What is tried with whole processes takes seconds a test. Such tests come first: at the end all
# are short, and no test process stands idle while another one is busy with a long one.
LONG = {"browser", "embedded", "faults", "fuzz", "stateful"}
SELDOM = (20_000, 50, 100)  # of the garbage collector: about a tenth of all time went into it
STATEMENTS = 5_000  # kept compiled: the tests ask everything that the product can ask


@dataclass(frozen=True)
class FreshDatabase:
    """A database of one test's own, with its address for other processes."""

    url: str
    database: Database


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: the search for garbage never looks through it.

    Nor does it look often through what grows meanwhile, which are compiled statements above all.
    """
    with shared.importing():
        collected = yield
    gc.set_threshold(*SELDOM)
    return collected


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.relative_to(HERE).parts[0] not in LONG)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that the product runs on."""
    return "asyncio", {"use_uvloop": sys.platform != "win32"}


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_machine() -> Iterator[None]:
    """Tests say themselves what they want to be set."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("VORONKA_")}
    yield
    os.environ.update(kept)


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """What a hash costs is looked at in one place; elsewhere nobody waits for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(security, "_hasher", QUICK)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_launcher.Server]:
    """One PostgreSQL cluster per test process, with the migrated template."""
    try:
        with postgres_launcher.running() as server:
            asyncio.run(server.create(TEMPLATE, "template0"))
            migrate.upgrade(server.url(TEMPLATE))
            asyncio.run(server.create("voronka_shared", TEMPLATE))
            yield server
    except postgres_launcher.NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def sqlite_template() -> Iterator[Path]:
    """One migrated file per test process."""
    with tempfile.TemporaryDirectory(prefix="vsq", dir=places.quick()) as directory:
        file = Path(directory, "template.db")
        migrate.upgrade(f"sqlite+aiosqlite:///{file}")
        shutil.copy(file, file.with_name("shared.db"))
        yield file


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other."""
    return str(request.param)


# Servers are started by plain fixtures: an asynchronous one would do it inside a running loop.


@pytest.fixture
def shared_url(dialect: str, request: pytest.FixtureRequest) -> str:
    """The migrated database of this test process; nothing is ever committed to it."""
    if dialect == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        return f"sqlite+aiosqlite:///{template.with_name('shared.db')}"
    server: postgres_launcher.Server = request.getfixturevalue("postgres")
    return server.url("voronka_shared")


@pytest.fixture(scope="session")
async def engines() -> AsyncIterator[dict[str, Database]]:
    """One engine and connection for all tests: they keep what was compiled and what was planned.

    As long as this stands, all asynchronous tests share one loop.
    """
    found: dict[str, Database] = {}
    yield found
    for database in found.values():
        await database.dispose()


@pytest.fixture
async def database(shared_url: str, engines: dict[str, Database]) -> AsyncIterator[HeldDatabase]:
    """The migrated database; whatever a test does to it is rolled back."""
    if shared_url not in engines:
        alone = shared_url.startswith("sqlite")  # nobody else is waiting, so no thread is needed
        engines[shared_url] = open_database(
            shared_url, alone=alone, pool_size=1, query_cache_size=STATEMENTS
        )
    async with held(engines[shared_url], shared_url) as holding:
        yield holding


@pytest.fixture
def fresh_url(dialect: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a migrated database of the test's own."""
    name = f"fresh_{uuid.uuid4().hex}"
    if dialect == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        file = shutil.copy(template, template.with_name(f"{name}.db"))
        yield f"sqlite+aiosqlite:///{file}"
        return
    server: postgres_launcher.Server = request.getfixturevalue("postgres")
    yield asyncio.run(server.create(name, TEMPLATE))
    asyncio.run(server.drop(name))


@pytest.fixture
async def fresh_database(fresh_url: str) -> AsyncIterator[FreshDatabase]:
    """A migrated database that really commits: for rivals, kills and other processes."""
    database = open_database(fresh_url)
    try:
        yield FreshDatabase(fresh_url, database)
    finally:
        await database.dispose()


@pytest.fixture(scope="session")
def valkey() -> Iterator[valkey_launcher.Server]:
    """One private queue per test process."""
    with valkey_launcher.running() as server:
        yield server


@pytest.fixture
async def office(database: HeldDatabase) -> Office:
    """A company with its API, rolled back at the end."""
    return Office(database)
