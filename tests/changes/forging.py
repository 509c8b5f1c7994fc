"""What somebody does to the log who may do everything in the database."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

GUARDED = ("change", "change_seal")


async def past_the_guard(conn: AsyncConnection, statement: str) -> None:
    """Switch the guards of the log off, and run a statement."""
    for table in GUARDED:
        if conn.dialect.name == "postgresql":
            await conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        else:
            for name in ("no_update", "no_delete", "no_replace"):
                await conn.execute(text(f"DROP TRIGGER IF EXISTS {table}_{name}"))
    await conn.execute(text(statement))
