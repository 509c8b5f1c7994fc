"""Every constraint refuses what it is for, by its own name, whoever writes."""

from typing import Any

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.base import Instant
from backend.db.models import metadata
from tests.db.filling import fill, insert
from tests.db.makers import AT
from tests.db.refusals import Refusal, constraints, is_check, refusals
from tests.db.world import FRESH, ROWS
from tests.held import HeldDatabase


def test_every_constraint_has_a_case() -> None:
    tried = [(case.table, case.constraint) for case in refusals()]
    assert len(tried) == len(set(tried))
    assert set(tried) == constraints()


def test_every_table_has_rows() -> None:
    assert set(ROWS) == set(FRESH) == set(metadata.tables)


async def test_unspoilt_rows_are_taken(database: HeldDatabase) -> None:
    async with database.write() as connection:
        await fill(connection)
        for table, row in FRESH.items():
            await connection.execute(insert(table, row))


async def test_every_spoilt_row_is_refused_by_name(database: HeldDatabase) -> None:
    wrong = {}
    async with database.write() as connection:
        await fill(connection)
        for case in refusals():
            said = await refusal_of(connection, case)
            if said != expected(connection, case):
                wrong[case.constraint] = said
    assert wrong == {}


async def refusal_of(connection: AsyncConnection, case: Refusal) -> str:
    """What the database says of the spoilt row; everything is taken back."""
    savepoint = await connection.begin_nested()
    try:
        if connection.dialect.name == "postgresql":
            for name in case.without:
                await connection.execute(
                    text(f"ALTER TABLE {case.table} DROP CONSTRAINT {name} CASCADE")
                )
        await connection.execute(insert(case.table, FRESH[case.table] | case.changes))
    except IntegrityError as error:
        cause: Any = error.orig.__cause__ if error.orig else None
        if connection.dialect.name == "postgresql":
            return str(cause.constraint_name)
        return str(error.orig)
    else:
        return "taken"
    finally:
        await savepoint.rollback()


def expected(connection: AsyncConnection, case: Refusal) -> str:
    """PostgreSQL names the constraint; SQLite names checks, and of the others the kind."""
    if connection.dialect.name == "postgresql":
        return case.constraint
    if is_check(case.table, case.constraint):
        return f"CHECK constraint failed: {case.constraint}"
    if case.constraint.startswith("fk_"):
        return "FOREIGN KEY constraint failed"
    if case.table in ("card_event", "change", "change_seal"):
        return f"{case.table} is append-only"
    return "UNIQUE constraint failed: " + ", ".join(unique_columns(case))


def unique_columns(case: Refusal) -> list[str]:
    table = metadata.tables[case.table]
    everything: list[Any] = [*table.constraints, *table.indexes]
    found = next(c for c in everything if c.name == case.constraint)
    if case.without:
        found = table.primary_key
    return [f"{case.table}.{column.name}" for column in found.columns]


ALLOWED = [
    pytest.param(
        "UPDATE stage SET deleted_at = :at WHERE id = 901",
        ("stage", {"key": "new"}),
        id="the key of a deleted stage is free",
    ),
    pytest.param(
        "UPDATE stage SET deleted_at = :at WHERE id = 905",
        ("stage", {"pipeline_id": 904, "kind": "holding"}),
        id="a deleted store makes room for another",
    ),
    pytest.param(
        "UPDATE renewal SET pending = false, waiting = false, withdrawn_at = :at"
        " WHERE card_id = 903",
        ("renewal", {"agreement_id": 901}),
        id="a withdrawn renewal's cycle can be made again",
    ),
    pytest.param(
        "UPDATE churn_interval SET voided_at = :at WHERE id = 901",
        ("churn_interval", {"renewal_id": 903}),
        id="a voided churn interval can be opened again",
    ),
]


@pytest.mark.parametrize(("first", "then"), ALLOWED)
async def test_what_is_gone_is_not_in_the_way(
    database: HeldDatabase, first: str, then: tuple[str, dict[str, Any]]
) -> None:
    table, changes = then
    async with database.write() as connection:
        await fill(connection)
        await connection.execute(text(first).bindparams(bindparam("at", AT, Instant())))
        await connection.execute(insert(table, FRESH[table] | changes))
