"""Reading the change log, no further than it is complete."""

from collections.abc import Collection

from sqlalchemy import func, select, text

from backend.db.models import change, change_cursor
from backend.db.session import Row, Unit

# Numbers are given in one order and committed in another. Whoever writes holds a lock that names
# a number below all of his (migration 2026_11_22_1300). The three statements are apart, and in
# this order: what was numbered before the first and is held by nobody at the second is visible,
# or was taken back, at whatever statement comes after.
_NUMBERED = text("SELECT coalesce(pg_sequence_last_value('change_id_seq'), 0)")
_HELD = text(
    """
    SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = 22098
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND pid <> pg_backend_pid()
    """
)


async def horizon(tx: Unit) -> int:
    """The number up to which nothing can be added to the log any more.

    What is read up to it has to be read by a statement of its own, after this.
    """
    if tx.conn.dialect.name == "sqlite":  # one writer at a time: numbers are in order of commits
        return int(await tx.scalar(select(func.coalesce(func.max(change.c.id), 0))))
    numbered = int(await tx.scalar(_NUMBERED))
    held = await tx.scalar(_HELD)
    return numbered if held is None else min(numbered, int(held) - 1)


async def cursor(tx: Unit, name: str) -> int:
    """How far somebody has read the log."""
    found = await tx.scalar(select(change_cursor.c.seq).where(change_cursor.c.name == name))
    return int(found or 0)


async def after(tx: Unit, seq: int, limit: int) -> list[Row]:
    """The first complete rows of the log beyond a number."""
    up_to = await horizon(tx)
    if up_to <= seq:
        return []
    query = select(change).where(change.c.id > seq, change.c.id <= up_to)
    return await tx.rows(query.order_by(change.c.id).limit(limit))


async def entry(tx: Unit, kind: str, record_id: int, version: int) -> Row | None:
    """What was logged of one version of a record."""
    named = {"kind": kind, "record_id": record_id, "version": version}
    return await tx.first(select(change).filter_by(**named))


async def beside(tx: Unit, one: Row, kind: str, what: str, ids: Collection[int]) -> dict[int, int]:
    """Which of some records were written along with an entry of the log; the versions made."""
    query = select(change.c.record_id, change.c.version).where(
        change.c.kind == kind, change.c.record_id.in_(ids), change.c.type == f"{kind}.{what}",
        change.c.at == one["at"], change.c.actor_id == one["actor_id"],
    )  # fmt: skip
    return {row["record_id"]: row["version"] for row in await tx.rows(query)}
