"""Writing how the processes fare, and how far the nightly check is."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update

from backend.db.models import change, record_check, server_process, worker_heartbeat
from backend.db.session import Unit
from backend.domain.feed import actions as feed
from backend.domain.feed import queries as log
from backend.domain.letters import actions as letters
from backend.domain.vitals.queries import HISTORIES, RELAY
from backend.domain.vitals.schemas import Settled

# How far a restored log goes on beyond what the lost one may have told: nobody who has read on
# misses what comes, and nobody takes it for what he has had.
BEYOND = 1_000_000

_GO_ON = {
    "sqlite": (
        text("DELETE FROM sqlite_sequence WHERE name = 'change'"),
        text("INSERT INTO sqlite_sequence (name, seq) VALUES ('change', :seq)"),
    ),
    "postgresql": (text("SELECT setval('change_id_seq', :seq)"),),
}


async def tell_server(tx: Unit, name: str, started_at: datetime, figures: dict[str, Any]) -> None:
    """Write down what a server process has counted."""
    row = {"started_at": started_at, "seen_at": tx.now, "figures": figures}
    where = server_process.c.name == name
    seen = await tx.run(update(server_process).where(where).values(**row))
    if seen.rowcount == 0:
        await tx.run(insert(server_process), {"name": name, **row})


async def forget_servers(tx: Unit, since: datetime) -> None:
    """Drop server processes that were not seen for long."""
    await tx.run(delete(server_process).where(server_process.c.seen_at < since))


async def tell_worker(tx: Unit, name: str, queue: str, started_at: datetime) -> None:
    """Say that a worker is alive."""
    row = {"queue": queue, "started_at": started_at, "seen_at": tx.now}
    where = worker_heartbeat.c.name == name
    seen = await tx.run(update(worker_heartbeat).where(where).values(**row))
    if seen.rowcount == 0:
        await tx.run(insert(worker_heartbeat), {"name": name, **row})


async def forget_workers(tx: Unit, since: datetime) -> None:
    """Drop workers that were not seen for long."""
    await tx.run(delete(worker_heartbeat).where(worker_heartbeat.c.seen_at < since))


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


async def settle(tx: Unit, delivered: int | None, again: bool) -> Settled:
    """Make a restored database safe to go on with; `delivered` is what the queue was last sent.

    Its own note of what it has relayed is older than the queue. Events that were delivered, or
    may have been where the queue does not say, count as relayed, unless they are sent again; so do
    letters that waited.
    """
    top = int(await tx.scalar(select(func.coalesce(func.max(change.c.id), 0))))
    relayed = await log.cursor(tx, RELAY)
    if not again:
        relayed = max(relayed, top if delivered is None else min(top, delivered))
        await feed.forward(tx, RELAY, relayed)
        await letters.give_up_waiting(tx, "it waited in the backup, and may have been sent since")
    following = max(top, delivered or 0) + BEYOND
    for statement in _GO_ON[tx.conn.dialect.name]:
        await tx.run(statement, {"seq": following} if ":seq" in str(statement) else None)
    await tx.run(delete(worker_heartbeat))
    await tx.run(delete(server_process))
    return Settled(relayed, delivered, following, again)
