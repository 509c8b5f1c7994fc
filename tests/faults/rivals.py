"""Many writers at one record at one instant, against two servers: exactly one of them wins."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from backend.db.engines import Database
from backend.db.models import card, card_event, change
from tests.faults import wire
from tests.faults.wire import Answer, Line

RIVALS = 64
STAGES = ("offer", "needs")


@dataclass(frozen=True)
class Written:
    """What the database says was done to a card."""

    version: int
    history_rows: int
    outbox_rows: int


@dataclass(frozen=True)
class Round:
    """One volley: what was answered, and what the database holds more than before."""

    answered: Counter[int]
    version: int
    history_rows: int
    outbox_rows: int

    @property
    def lost(self) -> int:
        """Writes that went over another's, which their authors had not seen."""
        return self.version - 1


async def written(database: Database, card_id: int) -> Written:
    events = select(func.count()).where(card_event.c.card_id == card_id)
    outbox = select(func.count()).where(change.c.kind == "deal", change.c.record_id == card_id)
    version = select(card.c.version).where(card.c.id == card_id)
    async with database.read() as conn:
        found = [(await conn.execute(query)).scalar_one() for query in (version, events, outbox)]
    return Written(*found)


async def moves(database: Database, over: list[Line], deal: int, number: int) -> Round:
    """All move one card with one ETag."""
    before = await written(database, deal)
    answers = await wire.volley(
        over, "POST", f"/deals/{deal}/move", {"stage": STAGES[number % 2]},
        If_Match=f'"{before.version}"',
    )  # fmt: skip
    after = await written(database, deal)
    return Round(
        Counter(answer.status for answer in answers),
        after.version - before.version,
        after.history_rows - before.history_rows,
        after.outbox_rows - before.outbox_rows,
    )


async def creations(over: list[Line], client: int, key: str) -> list[Answer]:
    """All make the same deal under one Idempotency-Key."""
    body: dict[str, Any] = {"title": f"Once {key}", "client_id": client, "amount": "10.00"}
    return await wire.volley(over, "POST", "/deals/", body, Idempotency_Key=key)


async def made(database: Database, key: str) -> list[int]:
    """How often the effect of a creation stands in the tables it writes: cards, events, outbox."""
    ids = select(card.c.id).where(card.c.title == f"Once {key}")
    counted = (
        select(func.count()).where(card.c.id.in_(ids)),
        select(func.count()).where(card_event.c.card_id.in_(ids)),
        select(func.count()).where(change.c.kind == "deal", change.c.record_id.in_(ids)),
    )
    async with database.read() as conn:
        return [(await conn.execute(query)).scalar_one() for query in counted]
