"""Relaying the change log: each entry reaches the stream that listeners read, at least once."""

import asyncio
from typing import Any

from redis.asyncio import Redis

from backend.bus import STREAM
from backend.db.session import Unit, unit
from backend.domain.feed import actions, queries
from backend.resources import Resources

NAME = "relay"  # its cursor over the log
KEPT = 100_000
BATCH = 200
PATIENCE = 5.0  # seconds that the queue may take for a batch


async def relay_outbox(ctx: dict[str, Any]) -> None:
    """Relay what was not relayed yet, in order; a failing queue leaves it for later.

    A process relays one batch at a time. Two processes may relay the same event, as one does that
    dies before it has noted what it sent: whoever listens must expect an event twice.
    """
    async with ctx["relaying"]:
        while await _batch(ctx["resources"], ctx["redis"]) == BATCH:
            pass


async def _batch(resources: Resources, redis: Redis) -> int:
    # No transaction is open while the queue is spoken to: where it hangs, no writer waits for us.
    async with resources.database.read() as conn:
        tx = Unit(conn, resources.now())
        events = await queries.after(tx, await queries.cursor(tx, NAME), BATCH)
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
