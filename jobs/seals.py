"""Sealing the change log, away from those who write."""

from functools import partial
from typing import Any

from backend.db.session import Unit, unit
from backend.domain.changes.seals import actions, queries


async def seal_log(ctx: dict[str, Any]) -> None:
    """Seal what is complete, batch by batch; hashing holds no writer up."""
    resources = ctx["resources"]
    while True:
        async with resources.database.read() as conn:
            batch = await queries.next_batch(Unit(conn, resources.now()))
        if batch is None:
            return
        work = partial(actions.seal, batch=batch)
        sealed = await unit(resources.database, resources.now, work)
        if not sealed or batch.count < queries.BATCH:
            return
