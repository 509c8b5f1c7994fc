"""The play: what happens when, one thing after the other, each at its own instant."""

import heapq
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.session import Unit, writing
from backend.demo.cast import Habit
from backend.domain.access import Viewer
from backend.domain.cards.schemas import MoveRequest
from backend.domain.moves import moving
from backend.domain.workdays import START

Step = Callable[[Unit], Awaitable[None]]


@dataclass(frozen=True)
class Seller:
    """Somebody who sells here: his habits, himself as the caller, his head."""

    habit: Habit
    viewer: Viewer
    head: Viewer

    @property
    def id(self) -> int:
        assert self.viewer.user_id is not None
        return self.viewer.user_id


@dataclass(frozen=True)
class Patron:
    """A client: his record, his people, whether he lives abroad."""

    id: int
    name: str
    contacts: tuple[int, ...]
    abroad: bool


@dataclass
class Play:
    """The stage with its chance, its clock and what is still to come."""

    conn: AsyncConnection
    chance: random.Random
    begins: datetime
    ends: datetime
    worker: Viewer
    reasons: Mapping[str, Mapping[str, int]]
    sellers: dict[int, Seller] = field(default_factory=dict)
    patrons: dict[int, Patron] = field(default_factory=dict)
    wares: dict[str, int] = field(default_factory=dict)
    held: dict[Any, dict[Any, Any]] = field(default_factory=dict)
    _ahead: list[tuple[datetime, int, Step]] = field(default_factory=list)
    _count: int = 0

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.worker.company.time_zone)

    def at(self, when: datetime, step: Step) -> None:
        """Do something at an instant; what would happen after the end never does."""
        self._count += 1
        if when <= self.ends:
            heapq.heappush(self._ahead, (when, self._count, step))

    async def run(self) -> None:
        """Let everything happen in the order of time."""
        while self._ahead:
            when, _, step = heapq.heappop(self._ahead)
            async with writing(self.conn, when, self.held) as tx:
                await step(tx)

    def later(self, after: datetime, least: float, most: float) -> datetime:
        """An instant in working hours, so many days after another."""
        local = (after + timedelta(days=self.chance.uniform(least, most))).astimezone(self.zone)
        day = START.forward(local.date(), 0)
        minutes = self.chance.uniform(0, 9 * 60)
        found = datetime(day.year, day.month, day.day, 9, tzinfo=self.zone)
        found += timedelta(minutes=minutes)
        if found <= after:
            found = after + timedelta(minutes=self.chance.uniform(5, 90))
        return found

    def found_late(self, after: datetime) -> datetime:
        """When somebody comes upon what was forgotten: what still is, is of the last weeks."""
        return self.later(after, 20, 60)

    def happens(self, probability: float) -> bool:
        return self.chance.random() < probability

    def pick(self, weights: Mapping[str, float]) -> str:
        """One of the names, by weight."""
        return self.chance.choices(list(weights), list(weights.values()))[0]

    async def move(
        self, tx: Unit, viewer: Viewer, kind: str, card_id: int, stage: str, **given: object
    ) -> None:
        """Move a card through the one door."""
        order = MoveRequest(stage=stage, **given)  # type: ignore[arg-type]
        await moving.move(tx, viewer, kind, card_id, order, None)
