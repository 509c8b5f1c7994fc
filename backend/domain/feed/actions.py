"""The outbox: one row for every written record, in the transaction that writes it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, update

from backend.db.models import idempotency_key, outbox_event, worker_heartbeat
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.effects import RecordChanged

_INSERT = insert(outbox_event)


async def announce(
    tx: Unit, viewer: Viewer, what: str, kind: str, record_id: int, version: int
) -> None:
    """Say that a record was written: `what` is created, updated, moved, deleted …"""
    await announce_all(tx, viewer, what, [(kind, record_id, version)])


async def announce_all(
    tx: Unit, viewer: Viewer, what: str, written: Sequence[tuple[str, int, int]]
) -> None:
    """Say that records were written: their kinds, ids and versions."""
    actor = {"actor_kind": viewer.actor, "actor_id": viewer.user_id}
    rows = [
        {
            "at": tx.written_at, "type": f"{kind}.{what}", "kind": kind, "record_id": record_id,
            "version": version, **actor,
        }
        for kind, record_id, version in written
    ]  # fmt: skip
    await tx.run(_INSERT, rows if len(rows) > 1 else rows[0])
    for kind, record_id, _ in written:
        tx.emit(RecordChanged(kind, record_id))


async def mark_sent(tx: Unit, ids: list[int]) -> None:
    """Note that events were relayed."""
    await tx.run(update(outbox_event).where(outbox_event.c.id.in_(ids)).values(sent_at=tx.now))


async def beat(tx: Unit, name: str, queue: str, started_at: datetime) -> None:
    """Say that a worker is alive."""
    row = {"queue": queue, "started_at": started_at, "seen_at": tx.now}
    where = worker_heartbeat.c.name == name
    seen = await tx.run(update(worker_heartbeat).where(where).values(**row))
    if seen.rowcount == 0:
        await tx.run(insert(worker_heartbeat), {"name": name, **row})


async def forget_the_dead(tx: Unit, since: datetime) -> None:
    """Drop workers that were not seen for long."""
    await tx.run(delete(worker_heartbeat).where(worker_heartbeat.c.seen_at < since))


async def purge_keys(tx: Unit, before: datetime) -> None:
    """Drop idempotency keys that have served their time."""
    await tx.run(delete(idempotency_key).where(idempotency_key.c.created_at < before))
