"""The product over the demo company as of one instant: the same to look at however often."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import uvicorn
from sqlalchemy import select

from backend.app import asgi_app
from backend.db import migrate
from backend.db.engines import Database, open_database
from backend.db.models import app_user
from backend.db.session import Unit, unit
from backend.demo.bring import bring
from backend.domain.users import actions as users
from backend.domain.users.queries import as_system
from backend.domain.users.schemas import UserCreate
from backend.embedded import listening
from backend.resources import Resources
from tests.browser.desks import PASSWORD
from tests.office import nobody

Locale = Literal["ru", "en"]
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # a Tuesday, noon in Moscow
PEOPLE: dict[Locale, tuple[str, str]] = {
    "ru": ("anna@example.com", "Анна Ковалёва"),
    "en": ("emma@example.com", "Emma Clarke"),
}
# Sellers of the demo who speak the language, with work of their own.
SELLERS: dict[Locale, str] = {
    "ru": "maria.lebedeva@voronka.example", "en": "james.porter@voronka.example",
}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """Where it is served, and the database below it."""

    address: str
    database: Database


async def fill(url: str, share: float) -> None:
    """Bring the demo into a new database; an admin and a seller of each language can sign in."""
    await asyncio.to_thread(migrate.upgrade, url)
    database = open_database(url)

    async def let_in(tx: Unit) -> None:
        system = await as_system(tx, "worker")
        for locale, (email, name) in PEOPLE.items():
            given = UserCreate(email=email, name=name, role="admin", locale=locale)
            user_id = await users.create_user(tx, system, given)
            await users.set_password(tx, system, user_id, PASSWORD)
        sellers = select(app_user.c.id).where(app_user.c.email.in_(SELLERS.values()))
        for (seller_id,) in await tx.run(sellers):
            await users.set_password(tx, system, seller_id, PASSWORD)

    try:
        await bring(database, NOW, share=share)
        await unit(database, lambda: NOW, let_in)
    finally:
        await database.dispose()


@contextlib.asynccontextmanager
async def served(url: str) -> AsyncIterator[Stage]:
    """The product in this process, for which time stands still."""
    resources = Resources(open_database(url), nobody, now=lambda: NOW)
    config = uvicorn.Config(
        asgi_app(resources), log_level="error", lifespan="on", ws="none",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    with listening.opened("127.0.0.1", 0) as listener:  # who comes early waits in it
        running = asyncio.create_task(server.serve([listener]))
        try:
            yield Stage(f"http://127.0.0.1:{listener.getsockname()[1]}", resources.database)
        finally:
            server.should_exit = True
            await running
