"""The outbox: one row for every written record, in the transaction that writes it."""

from sqlalchemy import insert

from backend.db.models import outbox_event
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.effects import RecordChanged

_INSERT = insert(outbox_event)


async def announce(tx: Unit, viewer: Viewer, what: str, kind: str, record_id: int, version: int) -> None:
    """Say that a record was written: `what` is created, updated, moved, deleted …"""
    await tx.run(
        _INSERT,
        {
            "at": tx.now, "type": f"{kind}.{what}", "kind": kind, "record_id": record_id,
            "version": version, "actor_kind": viewer.actor, "actor_id": viewer.user_id,
        },
    )  # fmt: skip
    tx.emit(RecordChanged(kind, record_id))
