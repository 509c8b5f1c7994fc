"""Relaying the change log: each entry reaches the stream that listeners read, at least once."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis

from backend import bus
from backend.bus import STREAM
from backend.db.session import Unit, unit
from backend.domain.feed import actions, queries
from backend.resources import Resources

NAME = "relay"  # its cursor over the log
KEPT = 100_000
BATCH = 200
FORGETS = 10 * BATCH  # more than a queue that writes every second takes before it has written
PATIENCE = 5.0  # seconds that the queue may take for a batch
PAUSE = 1.0  # seconds between two looks while something else is done

log = logging.getLogger(__name__)


async def relay_outbox(ctx: dict[str, Any]) -> None:
    """Relay what was not relayed yet, in order; a failing queue leaves it for later.

    A process relays one batch at a time. Two processes may relay the same event, as one does that
    dies before it has noted what it sent: whoever listens must expect an event twice.
    """
    async with ctx["relaying"]:
        while await _batch(ctx["resources"], ctx["redis"]) == BATCH:
            pass


@asynccontextmanager
async def relaying(ctx: dict[str, Any]) -> AsyncIterator[None]:
    """Relay beside something long, which is not stopped where that fails."""
    beside = asyncio.create_task(_again_and_again(ctx))
    try:
        yield
    finally:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)


async def _again_and_again(ctx: dict[str, Any]) -> None:
    while True:
        try:
            await relay_outbox(ctx)
        except Exception:
            log.warning("events were not relayed; it is tried again", exc_info=True)
        await asyncio.sleep(PAUSE)


def _since(noted: int, held: int | None) -> int:
    """The number to relay from, by what was noted as sent and what the queue holds the last of it.

    A queue that was killed, or lost its power, comes back without what it took last. One that was
    emptied begins with what is new.
    """
    return noted if held is None else max(min(noted, held), noted - FORGETS)


async def _batch(resources: Resources, redis: Redis) -> int:
    # No transaction is open while the queue is spoken to: where it hangs, no writer waits for us.
    async with asyncio.timeout(PATIENCE):
        held = await bus.newest(redis, STREAM)
    async with resources.database.read() as conn:
        tx = Unit(conn, resources.now())
        noted = await queries.cursor(tx, NAME)
        events = await queries.after(tx, _since(noted, held), BATCH)
    if not events:
        return 0
    async with asyncio.timeout(PATIENCE), redis.pipeline(transaction=True) as pipe:
        for event in events:
            fields: dict[Any, Any] = {
                "seq": event["id"], "type": event["type"], "kind": event["kind"],
                "id": event["record_id"], "version": event["version"],
            }  # fmt: skip
            pipe.xadd(STREAM, fields, maxlen=KEPT, approximate=True)
        await pipe.execute()
    sent = events[-1]["id"]
    await unit(resources.database, resources.now, lambda tx: actions.forward(tx, NAME, sent))
    return len(events)
