"""What the running parts share: settings, database, clock, the way effects leave."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from backend import clock
from backend.bus import Bus
from backend.db.engines import Database, open_database
from backend.effects import Effect
from backend.live import Live
from backend.mailer import Mailer
from backend.papers.printing import Press
from backend.security import PasswordCheck
from backend.settings import INTAKE, Rate, Settings
from backend.traffic import Traffic

POLLED = 0.5  # seconds between two looks where there is no queue


@dataclass(slots=True)
class Resources:
    """Handed to the application and the worker; tests hand in their own."""

    database: Database
    deliver: Callable[[list[Effect]], Awaitable[None]]
    now: Callable[[], datetime] = clock.now
    bus: Bus | None = None
    press: Press = field(default_factory=Press)
    traffic: Traffic = field(default_factory=Traffic)
    live: Live = field(default_factory=Live)
    passwords: PasswordCheck = field(default_factory=PasswordCheck)
    rate_limit: Rate | None = None
    intake_limit: Rate = INTAKE
    mailer: Mailer | None = None

    async def wake(self) -> None:
        """Return when something may have been logged: at once where the queue says so."""
        if self.bus is None:
            await asyncio.sleep(POLLED)
        else:
            await self.bus.stirred()

    async def close(self) -> None:
        await self.live.close()
        if self.bus is not None:
            await self.bus.close()
        await self.database.dispose()


def build(settings: Settings) -> Resources:
    """Real resources for the settings given."""
    bus = Bus(settings.queue)
    mailer = None
    if settings.smtp_url is not None and settings.mail_from is not None:
        mailer = Mailer(settings.smtp_url, settings.mail_from)
    return Resources(
        open_database(settings.database), bus.deliver, bus=bus,
        rate_limit=settings.rate_limit, intake_limit=settings.intake_limit,
        mailer=mailer,
    )  # fmt: skip
