"""A database that no migration has touched yet."""

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def empty(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a single table."""
    if dialect == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    server: Any = request.getfixturevalue("postgres")
    name = f"empty_{uuid.uuid4().hex}"
    yield asyncio.run(server.create(name, "template0"))
    asyncio.run(server.drop(name))
