"""Carrying what a small database holds into the product's own, whole or not at all."""

from typing import Any

from sqlalchemy import Table, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.models import metadata

# What both have from their first start, and what belongs to running processes alone.
OWN = {
    "role", "company", "choice", "pipeline", "stage", "reason", "activation_target", "api_token",
    "pipeline_closed", "worker_heartbeat", "server_process", "idempotency_key", "change_cursor",
    "change_seal", "admission", "record_check", "reminder_rule", "user_session",
}  # fmt: skip
# Where both may have rows: only those beyond these numbers are carried.
SHARED = ("app_user", "sweep_run")
# The log numbers anew whatever comes in.
NUMBERED_ANEW = "change"
RECORDS = ("team", "client", "contact", "product", "card", "agreement", "task")
ALIKE = ("pipeline", "stage", "reason")
BATCH = 500

_FORGET = text("DELETE FROM sqlite_sequence WHERE name = :name")
_NUMBER = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)")


async def numbers(conn: AsyncConnection) -> dict[str, int]:
    """The largest numbers of the tables in which both may have rows."""
    found = {}
    for name in SHARED:
        largest = select(func.coalesce(func.max(metadata.tables[name].c.id), 0))
        found[name] = int((await conn.execute(largest)).scalar_one())
    return found


async def begin_like(
    source: AsyncConnection, target: AsyncConnection, beyond: dict[str, int]
) -> None:
    """Give a new SQLite database the target's settings, and let it number from there on."""
    company = metadata.tables["company"]
    row = (await target.execute(select(company))).mappings().one()
    await source.execute(update(company).values(**row))
    for name, number in beyond.items():
        await source.execute(_FORGET, {"name": name})
        await source.execute(_NUMBER, {"name": name, "seq": number})


async def touched(conn: AsyncConnection) -> bool:
    """Whether somebody has begun to set the product up: made a user or a token."""
    for name, few in (("app_user", 1), ("api_token", 0)):
        count = select(func.count()).select_from(metadata.tables[name])
        if (await conn.execute(count)).scalar_one() > few:
            return True
    return False


async def newest(conn: AsyncConnection) -> int:
    """The number of the last entry of the log."""
    log = metadata.tables["change"]
    return int((await conn.execute(select(func.coalesce(func.max(log.c.id), 0)))).scalar_one())


async def counted(conn: AsyncConnection) -> dict[str, dict[str, int]]:
    """How many cards there are, by kind and state."""
    card = metadata.tables["card"]
    query = select(card.c.kind, card.c.state, func.count()).group_by(card.c.kind, card.c.state)
    found: dict[str, dict[str, int]] = {}
    for kind, state, number in await conn.execute(query.order_by(card.c.kind, card.c.state)):
        found.setdefault(kind, {})[state] = number
    return found


async def holds(conn: AsyncConnection) -> dict[str, int]:
    """How many records there are, by table; empty where there are none."""
    found = {}
    for name in RECORDS:
        count = select(func.count()).select_from(metadata.tables[name])
        if number := (await conn.execute(count)).scalar_one():
            found[name] = int(number)
    return found


async def shape(conn: AsyncConnection) -> list[tuple[Any, ...]]:
    """The pipelines with their stages and reasons: what cards refer to by number."""
    found: list[tuple[Any, ...]] = []
    for name in ALIKE:
        table = metadata.tables[name]
        columns = [table.c.id, table.c.key]
        if name == "stage":
            columns += [table.c.kind, table.c.position, table.c.deleted_at]
        found += [tuple(row) for row in await conn.execute(select(*columns).order_by(table.c.id))]
    return found


async def carry(source: AsyncConnection, target: AsyncConnection, beyond: dict[str, int]) -> int:
    """Insert every record of one database into the other; how many rows."""
    carried = 0
    for table in metadata.sorted_tables:
        if table.name in OWN:
            continue
        rows = await _rows(source, table, beyond)
        for start in range(0, len(rows), BATCH):
            await target.execute(insert(table).inline(), rows[start : start + BATCH])
        carried += len(rows)
    if target.dialect.name == "postgresql":
        await _number_on(target)
    return carried


async def _rows(
    source: AsyncConnection, table: Table, beyond: dict[str, int]
) -> list[dict[str, Any]]:
    first = next(iter(table.primary_key.columns))
    query = select(table).order_by(first)
    if table.name in beyond:
        query = query.where(first > beyond[table.name])
    rows = [dict(row) for row in (await source.execute(query)).mappings()]
    if table.name == NUMBERED_ANEW:
        for row in rows:
            del row["id"]
    return rows


async def _number_on(target: AsyncConnection) -> None:
    """What is made from now on is numbered beyond what came in."""
    for table in metadata.sorted_tables:
        if table.name in OWN | {NUMBERED_ANEW} or "id" not in table.c:
            continue
        largest = (await target.execute(select(func.max(table.c.id)))).scalar_one()
        if largest is not None:
            sequence = func.pg_get_serial_sequence(table.name, "id")
            await target.execute(select(func.setval(sequence, largest)))
