"""The change log: one row for every written record, in the transaction that writes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update

from backend.db.models import change, change_cursor
from backend.db.prepared import Prepared, Values
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.feed.rules import CHANNELS, Change, differences
from backend.effects import RecordChanged

Entry = tuple[str, int, int, list[Change]]

_INSERT = Prepared(insert(change).inline())
_FORWARD = update(change_cursor).where(
    change_cursor.c.name == bindparam("b_name"), change_cursor.c.seq < bindparam("b_seq")
)


async def announce(
    tx: Unit,
    viewer: Viewer,
    what: str,
    kind: str,
    record_id: int,
    version: int,
    changes: list[Change],
) -> None:
    """Log that a record was written: `what` is created, updated, moved, deleted …"""
    await announce_all(tx, viewer, what, [(kind, record_id, version, changes)])


async def announce_all(tx: Unit, viewer: Viewer, what: str, written: Sequence[Entry]) -> None:
    """Log that records were written: their kinds, ids, versions and what was changed."""
    common = {
        "at": tx.written_at, "actor_kind": viewer.actor, "actor_id": viewer.user_id,
        "token_id": viewer.token_id, "request_id": viewer.request_id,
        "channel": viewer.channel or CHANNELS.get(viewer.actor, viewer.actor),
    }  # fmt: skip
    rows: list[Values] = [
        {
            "type": f"{kind}.{what}", "kind": kind, "record_id": record_id, "version": version,
            "changes": changes, **common,
        }
        for kind, record_id, version, changes in written
    ]  # fmt: skip
    tx.later(_INSERT, rows)
    for kind, record_id, _, _ in written:
        tx.emit(RecordChanged(kind, record_id))


async def write(
    tx: Unit,
    viewer: Viewer,
    what: str,
    table: Table,
    row: Mapping[str, Any],
    values: Mapping[str, Any],
) -> int:
    """Write columns of a record, locked before, and announce it; its new version."""
    version = int(row["version"]) + 1
    values = {**values, "version": version, "updated_at": tx.written_at}
    await tx.run(update(table).where(table.c.id == row["id"]).values(**values))
    await announce(tx, viewer, what, table.name, row["id"], version, differences(row, values))
    return version


async def forward(tx: Unit, name: str, seq: int) -> None:
    """Note that somebody has read the log up to a number; never back."""
    moved = await tx.run(_FORWARD, {"b_name": name, "b_seq": seq, "seq": seq})
    if moved.rowcount == 0:
        where = change_cursor.c.name == name
        if await tx.scalar(select(change_cursor.c.seq).where(where).with_for_update()) is None:
            await tx.run(insert(change_cursor), {"name": name, "seq": seq})
