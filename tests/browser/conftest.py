"""The product as a process of its own, people who work in it, browsers that they sit at."""

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser

from backend.db.engines import open_database
from backend.db.session import Unit
from backend.domain.users import actions as users
from tests import conftest as suite
from tests.browser import chromium as browsers
from tests.browser.desks import PASSWORD, Desks
from tests.faults.plant import Plant, plant
from tests.launchers import valkey as queues
from tests.office import Office, Person

# The suite does over SQLite what is done every day; `make browser` over both databases, and what
# pages are known to get wrong as well.
WHOLE = bool(os.environ.get("BROWSER_WHOLE"))
LANES = suite.DIALECTS if WHOLE else suite.DIALECTS[:1]
LONG = [
    f"test_{name}.py"
    for name in (
        "board_pitfalls", "clients", "crowd", "effort", "every_page", "history", "htmx",
        "list", "review", "signed_out",
    )
]  # fmt: skip
collect_ignore = [] if WHOLE else LONG


@dataclass
class Company:
    """Who works in the product that is served, and the way to arrange what they see."""

    office: Office
    admin: Person
    head: Person
    manager: Person
    rival: Person  # a manager of another team
    viewer: Person
    sessions: dict[str, object]

    @staticmethod
    def email(name: str) -> str:
        return f"{name}@example.com"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The machine's browser; without one these tests are left out, and it is said how to get it."""
    try:
        return browsers.path()
    except browsers.NoChromium as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with browsers.running() as found:
        yield found


@pytest.fixture(scope="session", params=LANES)
def lane(request: pytest.FixtureRequest, chromium: str) -> str:
    """A committed database of the browsers' own; its address."""
    name = f"browser_{uuid.uuid4().hex}"
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        return f"sqlite+aiosqlite:///{shutil.copy(template, template.with_name(f'{name}.db'))}"
    server = request.getfixturevalue("postgres")
    return str(asyncio.run(server.create(name, suite.TEMPLATE)))


@pytest.fixture(scope="session")
def place(
    lane: str, valkey: queues.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Plant]:
    """Where the product runs: its worker, and any number of servers."""
    with plant(lane, valkey.url, tmp_path_factory.mktemp("browser")) as found:
        found.start("worker")
        yield found


@pytest.fixture(scope="session")
def address(place: Plant) -> str:
    """Where the product is served."""
    (server,) = place.serve()
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture(scope="session")
async def company(lane: str) -> AsyncIterator[Company]:
    """Five people with passwords and tokens."""
    database = open_database(lane)
    office = Office(database, now=datetime.now(UTC))
    try:
        ours, theirs = await office.team("Ours"), await office.team("Theirs")
        people = {
            "admin": await office.person("admin", "admin"),
            "head": await office.person("head", "head", ours),
            "manager": await office.person("manager", "manager", ours),
            "rival": await office.person("rival", "manager", theirs),
            "viewer": await office.person("viewer", "viewer"),
        }
        system = await office.system()

        async def let_in(tx: Unit) -> None:
            for person in people.values():
                await users.set_password(tx, system, person.id, PASSWORD)

        await office.do(let_in)
        yield Company(office=office, sessions={}, **people)
    finally:
        await database.dispose()


@pytest.fixture
async def desks(browser: Browser, address: str, company: Company) -> AsyncIterator[Desks]:
    """Browsers for one test, which fails where a page complained."""
    found = Desks(browser, address, company.sessions)
    try:
        yield found
    finally:
        complaints = await found.leave()
    assert complaints == []
