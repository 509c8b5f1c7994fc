"""What the commands that work in the database need; kept apart, for it is slow to import."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from backend import clock
from backend.commands import shared
from backend.db import migrate
from backend.db.engines import open_database
from backend.db.revisions import Behind
from backend.db.session import Unit, unit

T = TypeVar("T")


def current() -> str:
    """The address of a database that is up to date; Behind where it is not."""
    url = shared.database(shared.settings())
    if migrate.pending(url):
        raise Behind
    return url


def perform(work: Callable[[Unit], Awaitable[T]]) -> T:
    """Do a piece of work in the database, beside a running product or without one."""
    url = current()

    async def whole() -> T:
        opened = open_database(url)
        try:
            return await unit(opened, clock.now, work)
        finally:
            await opened.dispose()

    return asyncio.run(whole())
