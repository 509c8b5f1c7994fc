"""Writing how the processes fare, and how far the nightly check is."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from backend.db.models import record_check, server_process
from backend.db.session import Unit
from backend.domain.vitals.queries import HISTORIES


async def tell(tx: Unit, name: str, started_at: datetime, figures: dict[str, Any]) -> None:
    """Write down what a server process has counted."""
    row = {"started_at": started_at, "seen_at": tx.now, "figures": figures}
    where = server_process.c.name == name
    seen = await tx.run(update(server_process).where(where).values(**row))
    if seen.rowcount == 0:
        await tx.run(insert(server_process), {"name": name, **row})


async def forget_servers(tx: Unit, since: datetime) -> None:
    """Drop server processes that were not seen for long."""
    await tx.run(delete(server_process).where(server_process.c.seen_at < since))


async def reached(tx: Unit) -> int:
    """The card after which the walk through the histories goes on."""
    found = await tx.scalar(select(record_check.c.reached).where(record_check.c.name == HISTORIES))
    if found is None:
        await tx.run(insert(record_check), {"name": HISTORIES})
    return int(found or 0)


async def note_histories(tx: Unit, last: int, breaks: int) -> None:
    """Note what some histories have shown; a last card of 0 ends the walk."""
    c = record_check.c
    values: dict[str, Any] = {"reached": last, "found": c.found + breaks}
    if last == 0:
        values = {"reached": 0, "found": 0, "breaks": c.found + breaks, "finished_at": tx.now}
    await tx.run(update(record_check).where(c.name == HISTORIES).values(**values))
