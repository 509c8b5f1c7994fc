"""The worker's sign of life, and tidying up."""

from datetime import timedelta
from typing import Any

from backend.db.session import Unit, unit
from backend.domain.feed import actions

FORGOTTEN_AFTER = timedelta(days=7)
KEYS_KEPT = timedelta(days=3)


async def beat(ctx: dict[str, Any]) -> None:
    """Write down that this worker is alive and which queue it serves."""
    resources = ctx["resources"]

    async def work(tx: Unit) -> None:
        await actions.beat(tx, ctx["name"], ctx["queue"], ctx["started_at"])

    await unit(resources.database, resources.now, work)


async def tidy(ctx: dict[str, Any]) -> None:
    """Drop dead workers and idempotency keys that have served their time."""
    resources = ctx["resources"]

    async def work(tx: Unit) -> None:
        await actions.forget_the_dead(tx, tx.now - FORGOTTEN_AFTER)
        await actions.purge_keys(tx, tx.now - KEYS_KEPT)

    await unit(resources.database, resources.now, work)
