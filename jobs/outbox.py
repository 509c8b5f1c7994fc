"""Relaying the outbox: each event reaches the stream that listeners read, at least once."""

from typing import Any

from redis.asyncio import Redis

from backend.db.session import Unit, unit
from backend.domain.feed import actions, queries

STREAM = "voronka:events"
KEPT = 100_000
BATCH = 200


async def relay_outbox(ctx: dict[str, Any]) -> None:
    """Relay what was not relayed yet, oldest first; a failing queue leaves it for later."""
    resources, redis = ctx["resources"], ctx["redis"]
    while await unit(resources.database, resources.now, lambda tx: _batch(tx, redis)) == BATCH:
        pass


async def _batch(tx: Unit, redis: Redis) -> int:
    events = await queries.unsent(tx, BATCH)
    if not events:
        return 0
    async with redis.pipeline(transaction=True) as pipe:
        for event in events:
            fields: dict[Any, Any] = {
                "seq": event["id"], "type": event["type"], "kind": event["kind"],
                "id": event["record_id"], "version": event["version"],
            }  # fmt: skip
            pipe.xadd(STREAM, fields, maxlen=KEPT, approximate=True)
        await pipe.execute()
    await actions.mark_sent(tx, [event["id"] for event in events])
    return len(events)
