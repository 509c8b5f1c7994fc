"""Tells the story on a fresh SQLite database and writes the examples: `make openapi`."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from backend.commands.openapi import document
from backend.db import migrate
from backend.db.engines import open_database
from backend.routes.openapi import EXAMPLES
from tests.contract import story
from tests.contract.teller import Example, encoded
from tests.office import Office


async def recorded(url: str, contract: dict[str, Any]) -> dict[str, Example]:
    """The story told on an empty company."""
    database = open_database(url)
    try:
        teller = await story.begin(Office(database), contract)
        await story.tell(teller)
        return teller.told
    finally:
        await database.dispose()


def main() -> None:
    contract: dict[str, Any] = msgspec.json.decode(document())
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite+aiosqlite:///{Path(directory, 'story.db')}"
        migrate.upgrade(url)
        EXAMPLES.write_bytes(encoded(asyncio.run(recorded(url, contract))))


if __name__ == "__main__":
    main()
