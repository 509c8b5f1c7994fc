"""Remembering what came from files."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend.db.models import imported_record, loaded_card
from backend.db.prepared import Prepared, Values
from backend.db.session import Unit
from backend.domain.flows.imports.syncing import Memory

_LOADED = Prepared(insert(loaded_card).inline())
# 48 bits of a digest: far below the numbers by which the change log's writers are known.
_TAKEN = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


async def remember(tx: Unit, record: str, memories: Mapping[int, Memory]) -> None:
    """Keep what an import brought of some records of a kind, over what was kept before."""
    if not memories:
        return
    kind: Any = postgresql_insert if tx.conn.dialect.name == "postgresql" else sqlite_insert
    statement = kind(imported_record)
    new = statement.excluded
    keys = [imported_record.c.kind, imported_record.c.record_id]
    statement = statement.on_conflict_do_update(
        index_elements=keys, set_={"fields": new.fields, "imported_at": new.imported_at}
    )
    await tx.run(
        statement,
        [
            {"kind": record, "record_id": number, "fields": fields, "imported_at": tx.written_at}
            for number, fields in sorted(memories.items())
        ],
    )


async def take_rows(tx: Unit, digests: Iterable[str]) -> None:
    """Wait for whoever loads one of these rows, and let others wait; SQLite has one writer.

    In one order for all, or two loads might wait for each other.
    """
    if tx.conn.dialect.name == "postgresql":
        await tx.run(_TAKEN, {"keys": sorted(int(one, 16) for one in digests)})


def remember_rows(tx: Unit, digests: Mapping[int, str]) -> None:
    """Keep of which row of a file each card was made."""
    rows: list[Values] = [{"card_id": n, "digest": digest} for n, digest in digests.items()]
    if rows:
        tx.later(_LOADED, rows)
