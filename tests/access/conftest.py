"""The company that all of these tests look at, built once for each database."""

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool

from backend.db.engines import open_database
from tests.access.company import Company, founded
from tests.access.store import Store
from tests.conftest import DIALECTS, TEMPLATE
from tests.held import holding
from tests.launchers import postgres as postgres_launcher


@pytest.fixture(scope="package", params=DIALECTS)
def own_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database of these tests' own: it is held for long, and locks nobody out."""
    name = f"access_{uuid.uuid4().hex}"
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        file = shutil.copy(template, template.with_name(f"{name}.db"))
        yield f"sqlite+aiosqlite:///{file}"
        return
    server: postgres_launcher.Server = request.getfixturevalue("postgres")
    yield asyncio.run(server.create(name, TEMPLATE))
    asyncio.run(server.drop(name))


@pytest.fixture(scope="package")
async def founded_company(own_url: str) -> AsyncIterator[Company]:
    alone = own_url.startswith("sqlite")  # nobody else is waiting, so no thread is needed
    database = open_database(own_url, alone=alone, poolclass=NullPool)
    try:
        async with holding(database) as connection:
            outer = await connection.begin()
            yield await founded(Store(database, connection))
            await outer.rollback()
    finally:
        await database.dispose()


@pytest.fixture
async def company(founded_company: Company) -> AsyncIterator[Company]:
    """The company as it was founded, whatever the tests before have done to it."""
    async with founded_company.store.undone():
        yield founded_company
