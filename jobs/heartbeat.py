"""The worker's sign of life, and tidying up."""

from datetime import timedelta
from typing import Any

from backend.bus import mark_of
from backend.db.session import Unit, unit
from backend.domain.idempotency import actions as idempotency
from backend.domain.limits import actions as limits
from backend.domain.users.sessions import actions as sessions
from backend.domain.vitals import actions as vitals

FORGOTTEN_AFTER = timedelta(days=7)
KEYS_KEPT = timedelta(days=3)
BATCH = 1000
VISITORS_KEPT = timedelta(days=1)  # the longest span that a limit may have


async def beat(ctx: dict[str, Any]) -> None:
    """Write down that this worker is alive and which queue it serves."""
    resources = ctx["resources"]
    mark = await mark_of(ctx["redis"])

    async def work(tx: Unit) -> None:
        await vitals.tell_worker(tx, ctx["name"], mark, ctx["started_at"])

    await unit(resources.database, resources.now, work)


async def tidy(ctx: dict[str, Any]) -> None:
    """Drop dead processes, and keys, addresses and sessions that have served their time."""
    resources = ctx["resources"]

    async def work(tx: Unit) -> None:
        await vitals.forget_workers(tx, tx.now - FORGOTTEN_AFTER)
        await vitals.forget_servers(tx, tx.now - FORGOTTEN_AFTER)
        await limits.forget_visitors(tx, tx.now - VISITORS_KEPT)
        await sessions.forget_sessions(tx)

    async def keys(tx: Unit) -> int:
        return await idempotency.purge(tx, tx.now - KEYS_KEPT, BATCH)

    await unit(resources.database, resources.now, work)
    while await unit(resources.database, resources.now, keys) == BATCH:  # writers come between
        pass
