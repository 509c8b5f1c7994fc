"""What happens before anything serves, in a process of its own that leaves nothing in memory."""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from backend import settings as house
from backend.db import migrate
from backend.embedded import first_admin, outside
from backend.embedded.handover import Prepared


def prepared() -> Prepared:
    """Bring the database up to date and make sure that somebody can sign in."""
    try:
        settings = house.load(os.environ, Path(".env"))
        applied = migrate.upgrade(settings.database)
        return Prepared(applied, asyncio.run(first_admin.ensure(settings.database)))
    except Exception as error:
        told = outside.sentence(error) or f"The database could not be prepared: {error}"
        return Prepared(error=told.split("\n", 1)[0])


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(prepared()))
