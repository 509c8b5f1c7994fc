"""What Alembic runs for each command; the connection always comes from backend/db/migrate.py."""

from typing import Any, Literal

from alembic import context
from backend.db import (
    base,
    models,  # noqa: F401 - fills the metadata
)

SHARED = {id(base.BigId): "BigId", id(base.Json): "Json", id(base.Exact): "Exact"}


def by_name(kind: str, item: Any, _: object) -> str | Literal[False]:
    """New migrations name the house's column types instead of spelling them out."""
    if kind == "type" and isinstance(item, base.Instant):
        return "base.Instant()"
    if kind == "type" and id(item) in SHARED:
        return f"base.{SHARED[id(item)]}"
    return False


connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Migrations are run by `voronka migrate` and made by `make migration`.")

context.configure(
    connection=connection,
    target_metadata=base.metadata,
    render_item=by_name,
    # SQLite cannot alter a table in place; there Alembic builds it anew and copies the rows.
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
