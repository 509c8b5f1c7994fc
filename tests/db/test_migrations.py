"""Migrations: each step up, down and up again loses nothing, and ends at the tables as declared."""

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db import migrate
from backend.db.models import metadata
from tests.db.committed import Layout, built_as, content, declared, layout, within
from tests.db.filling import insert
from tests.db.makers import AT
from tests.db.refusals import names_of
from tests.db.world import FRESH, ROWS
from tests.held import HeldDatabase

ROOT = Path(__file__).resolve().parents[2]
# The others have been there for longer, and do not change: `make steps` tries them all.
NEWEST = None if os.environ.get("STEPS_WHOLE") else 4
ALONE = {"company", "reminder_rule"}  # migrations have put rows there that are in the way


def add(url: str, tables: set[str]) -> None:
    """Put the company's rows into these tables, as far as they have the columns by now."""
    known = layout(url)

    async def write(connection: AsyncConnection) -> None:
        for name, rows in ROWS.items():
            for row in rows if name in tables else ():
                given = {column: row[column] for column in row if column in known[name]}
                await connection.execute(insert(name, given))

    within(url, write)


def test_each_step_up_down_and_up_keeps_every_row(empty: str) -> None:
    below, there = "base", set[str]()
    steps = migrate.pending(empty)
    for revision in steps[: 0 if NEWEST is None else -NEWEST]:
        assert migrate.upgrade(empty, revision) == [revision]
        made = set(layout(empty)) - there
        add(empty, made)
        below, there = revision, (there | made) & set(layout(empty))
    for revision in migrate.pending(empty):
        shape, before = content(empty)
        assert migrate.upgrade(empty, revision) == [revision]
        built, made = within(empty, built_as), set(layout(empty)) - there
        add(empty, made)
        assert migrate.downgrade(empty, below) == [revision]
        assert content(empty) == (shape, before)
        assert migrate.upgrade(empty, revision) == [revision]
        assert within(empty, built_as) == built
        there = (there | made) & set(layout(empty))
        assert refused(empty, shape) == set(), "an older version cannot write any more"
        kept = content(empty, {name: shape[name] for name in shape if name in there})[1]
        assert [row for name in kept for row in before[name] if row not in kept[name]] == []
        add(empty, made)
        below = revision
    assert migrate.pending(empty) == []
    assert there == set(ROWS)
    assert len(content(empty)[1]["card_event"]) == 3


def test_what_waits_for_the_relay_goes_into_the_log_and_comes_back(empty: str) -> None:
    below, log = "2026_11_22_1230", "2026_11_22_1300"
    told = {"at": AT, "type": "lead.moved", "kind": "lead", "record_id": 1, "actor_kind": "worker"}
    sent = {**told, "id": 1, "version": 1, "sent_at": AT}
    waiting = {**told, "id": 2, "version": 2}

    async def write(connection: AsyncConnection) -> None:
        for row in (sent, waiting):
            await connection.execute(insert("outbox_event", row))

    migrate.upgrade(empty, below)
    within(empty, write)
    of = {"outbox_event": [*waiting, "sent_at"]}
    _, before = content(empty, of)
    migrate.upgrade(empty, log)
    assert content(empty, {"change_cursor": ["name", "seq"]})[1] == {
        "change_cursor": ["('relay', 1)"]
    }
    assert len(content(empty, {"change": ["id"]})[1]["change"]) == 2
    migrate.downgrade(empty, below)
    assert content(empty, of)[1]["outbox_event"] == [
        row for row in before["outbox_event"] if row.endswith("None)")
    ]


def refused(url: str, older: Layout) -> set[str]:
    """The tables that take no new row of code which knows their older columns alone."""
    known, wrong = layout(url), set()

    async def write(connection: AsyncConnection) -> None:
        whole = await connection.begin_nested()
        for name in (name for name in FRESH if name in older.keys() & known.keys() - ALONE):
            row = {column: FRESH[name][column] for column in older[name] if column in FRESH[name]}
            savepoint = await connection.begin_nested()
            try:
                await connection.execute(insert(name, row))
                await savepoint.commit()
            except DBAPIError:
                wrong.add(name)
                await savepoint.rollback()
        await whole.rollback()

    within(url, write)
    return wrong


def told_twice() -> set[str | None]:
    """Indexes that each database has in its own order: of one name the comparison knows one."""
    names = Counter(one.name for table in metadata.tables.values() for one in table.indexes)
    return {str(name) for name, times in names.items() if times > 1}


async def test_no_drift_between_the_tables_and_the_migrations(database: HeldDatabase) -> None:
    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, metadata)
        return [one for one in found if getattr(one[1], "name", None) not in told_twice()]

    async with database.read() as connection:
        assert await connection.run_sync(compare) == []


def test_the_database_is_what_the_tables_declare(empty: str, fresh_url: str) -> None:
    async def build(connection: AsyncConnection) -> set[str]:
        await connection.run_sync(metadata.create_all)
        return await connection.run_sync(declared)

    straight = within(empty, build)
    assert within(fresh_url, built_as) == straight
    assert len(straight) > 400


def names(connection: Connection) -> set[tuple[str, str | None]]:
    inspector = sa.inspect(connection)
    found: set[tuple[str, str | None]] = set()
    for table in metadata.tables:
        everything: list[Any] = [
            *inspector.get_check_constraints(table),
            *inspector.get_foreign_keys(table),
            *inspector.get_unique_constraints(table),
            *inspector.get_indexes(table),
            inspector.get_pk_constraint(table),
        ]
        found |= {(table, one["name"]) for one in everything}
    return found


async def test_every_constraint_bears_its_name(database: HeldDatabase) -> None:
    expected = {
        (table.name, name) for table in metadata.tables.values() for name in names_of(table)
    }
    async with database.read() as connection:
        found = await connection.run_sync(names)
    if database.dialect == "sqlite":  # its self-counting primary keys cannot bear a name
        nameless = {table for table, name in found if name is None}
        expected -= {(table, f"pk_{table}") for table in nameless}
        found -= {(table, None) for table in nameless}
    assert found == expected


def test_names_of_constraints_fit_into_both_databases() -> None:
    every = [name for table in metadata.tables.values() for name in set(names_of(table))]
    assert [name for name in every if len(name) > 63] == []
    assert len(every) == len(set(every))


def test_migrations_read_as_a_diary() -> None:
    scripts = ScriptDirectory.from_config(Config(toml_file=ROOT / "pyproject.toml"))
    steps = list(scripts.walk_revisions())
    files = [Path(step.path).name for step in steps]
    assert len(scripts.get_heads()) == 1
    assert files == sorted(files, reverse=True)
    for name, step in zip(files, steps, strict=True):
        assert re.fullmatch(r"20\d\d_\d\d_\d\d_\d{4}_[a-z0-9_]+\.py", name)
        assert step.doc
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_the_plain_command_works_too(fresh_url: str) -> None:
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["url"] = fresh_url
    command.downgrade(config, "-1")
    assert migrate.pending(fresh_url) == [migrate.head()]
    command.upgrade(config, "head")
    assert migrate.pending(fresh_url) == []
