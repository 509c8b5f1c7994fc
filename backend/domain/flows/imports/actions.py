"""Remembering what imports brought."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend.db.models import imported_record
from backend.db.session import Unit
from backend.domain.flows.imports.syncing import Memory


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
