"""Statements handed to the driver: the same answers, the same refusals, the same transactions."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import asyncpg
import pytest
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from backend.db.models import change, team
from backend.db.prepared import MOST, Prepared
from backend.db.session import Unit
from tests.conftest import FreshDatabase
from tests.office import NOON, Office

pytestmark = pytest.mark.anyio

ADD = Prepared(insert(team).returning(team.c.id))
NAMED = Prepared(select(team).where(team.c.name == bindparam("name")))
RENAME = Prepared(update(team).where(team.c.id == bindparam("b_id")))
ADD_LATER, LOG = Prepared(insert(team).inline()), Prepared(insert(change).inline())
PID = Prepared(select(func.pg_backend_pid().label("pid")))
COUNT = Prepared(select(func.count().label("count")).select_from(team))


def row(name: str) -> dict[str, Any]:
    return {"name": name, "created_at": NOON, "updated_at": NOON}


def line(record_id: int) -> dict[str, Any]:
    return {
        "at": NOON, "actor_kind": "worker", "channel": "worker", "changes": [], "version": 1,
        "type": "team.created", "kind": "team", "record_id": record_id,
    }  # fmt: skip


async def test_a_prepared_statement_answers_as_the_engine_does(office: Office) -> None:
    moscow = datetime(2026, 3, 2, 15, 0, tzinfo=timezone(timedelta(hours=3)))

    async def work(tx: Unit) -> None:
        made = await tx.scalar(ADD, {**row("North"), "created_at": moscow})
        (found,) = await tx.rows(NAMED, {"name": "North"})
        plain = await tx.first(select(team).where(team.c.id == made))
        assert plain is not None
        assert dict(found) == dict(plain)
        assert found["created_at"] == moscow
        assert found["created_at"].tzinfo is UTC
        assert await tx.first(NAMED, {"name": "South"}) is None
        changed = await tx.run(RENAME, {"b_id": made, "name": "South", "version": 2})
        assert changed.rowcount == 1
        assert (await tx.run(RENAME, {"b_id": 0, "name": "East"})).rowcount == 0
        await tx.run(ADD, [row("East"), row("West")])
        assert await tx.scalar(COUNT) == 3

    await office.do(work)


async def test_json_comes_back_as_it_went(office: Office) -> None:
    told = [{"field": "name", "before": None, "after": "Ёлка"}]
    common = {"at": NOON, "actor_kind": "worker", "channel": "worker", "changes": told}
    line = {"type": "team.created", "kind": "team", "record_id": 7, "version": 1, **common}
    await office.do(lambda tx: tx.run(Prepared(insert(change)), line))
    query = Prepared(select(change.c.changes).where(change.c.record_id == bindparam("id")))
    found = await office.do(lambda tx: tx.first(query, {"id": 7}))
    assert found is not None
    assert found["changes"] == told


async def test_what_the_database_refuses_is_refused_by_its_own_name(office: Office) -> None:
    await office.do(lambda tx: tx.run(ADD, row("North")))
    with pytest.raises(IntegrityError, match="name") as refused:
        await office.do(lambda tx: tx.run(ADD, row("North")))
    assert refused.value.params is None
    with pytest.raises(IntegrityError, match="name"):
        await office.do(lambda tx: tx.run(ADD, [row("South"), row("North")]))
    assert await office.do(lambda tx: tx.scalar(COUNT)) == 1


async def test_a_text_that_depends_on_values_is_not_prepared(office: Office) -> None:
    listed = Prepared(select(team.c.id).where(team.c.name.in_(["North", "South"])))
    with pytest.raises(ValueError, match="depends on its values"):
        await office.do(lambda tx: tx.rows(listed))


async def test_sets_of_columns_are_not_kept_without_end(office: Office) -> None:
    await office.do(lambda tx: tx.run(ADD, row("North")))
    names = ["name", "version", "created_at", "updated_at"]
    statement = Prepared(update(team).where(team.c.id == bindparam("b_id")))
    for number in range(MOST + 5):
        kept = {names[place]: None for place in range(4) if number >> place & 1}
        extra = {f"x{number}": None}
        statement.plan(office.database.engine.dialect, {"b_id": 0, **kept, **extra})
    assert len(statement._plans) <= MOST


async def test_a_refused_transaction_leaves_no_trace(fresh_database: FreshDatabase) -> None:
    office = Office(fresh_database.database)

    async def work(tx: Unit) -> None:
        await tx.run(ADD, row("North"))
        raise RuntimeError("a mistake")

    with pytest.raises(RuntimeError, match="a mistake"):
        await office.do(work)
    assert await office.do(lambda tx: tx.scalar(COUNT)) == 0
    await office.do(lambda tx: tx.run(ADD, row("North")))
    assert await office.do(lambda tx: tx.scalar(COUNT)) == 1


async def test_a_cancelled_transaction_leaves_no_trace(fresh_database: FreshDatabase) -> None:
    office = Office(fresh_database.database)
    inside = asyncio.Event()

    async def work(tx: Unit) -> None:
        await tx.run(ADD, row("North"))
        inside.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(office.do(work))
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await office.do(lambda tx: tx.scalar(COUNT)) == 0


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize("last", [NAMED, COUNT])
async def test_a_connection_that_is_cut_in_a_transaction_is_given_up(
    fresh_database: FreshDatabase, last: Prepared
) -> None:
    office = Office(fresh_database.database)
    cut = Prepared(select(func.pg_terminate_backend(bindparam("pid"), 5000).label("done")))

    async def work(tx: Unit) -> None:
        await tx.run(ADD, row("North"))
        pid = await tx.scalar(PID)
        async with fresh_database.database.read() as other:
            await cut.ask(other, {"pid": pid})
        await tx.rows(last, {"name": "North"})

    with pytest.raises(DBAPIError) as lost:
        await office.do(work)
    assert lost.value.connection_invalidated
    for _ in range(3):
        assert await office.do(lambda tx: tx.scalar(COUNT)) == 0


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_connection_cancelled_while_it_begins_is_given_up(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have begun: in the pool, its next user would write into a stranger's transaction."""
    office = Office(fresh_database.database)
    pids = [await office.do(lambda tx: tx.scalar(PID))]
    begun, start = asyncio.Event(), asyncpg.transaction.Transaction.start

    async def start_and_hang(own: Any) -> None:
        await start(own)
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncpg.transaction.Transaction, "start", start_and_hang)
    task = asyncio.create_task(office.do(lambda tx: tx.scalar(PID)))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    monkeypatch.undo()
    pids.append(await office.do(lambda tx: tx.scalar(PID)))
    assert pids[0] != pids[1]


async def test_what_waits_is_written_before_anything_else_is_asked(office: Office) -> None:
    async def work(tx: Unit) -> None:
        tx.later(ADD_LATER, [row("North"), row("South")])
        tx.later(LOG, [line(1), line(2)])
        tx.later(ADD_LATER, [row("East")])
        assert await tx.scalar(COUNT) == 3
        rows = await tx.rows(select(change.c.record_id).order_by(change.c.id))
        assert [one["record_id"] for one in rows] == [1, 2]

    await office.do(work)


async def test_what_waits_is_written_with_the_commit_and_lost_with_a_refusal(
    office: Office,
) -> None:
    async def work(tx: Unit) -> None:
        tx.later(LOG, [line(1)])
        with contextlib.suppress(RuntimeError):
            async with tx.apart():
                tx.later(LOG, [line(2)])
                raise RuntimeError("a mistake")
        async with tx.apart():
            tx.later(LOG, [line(3)])
        tx.later(LOG, [line(4)])

    await office.do(work)
    rows = await office.do(lambda tx: tx.rows(select(change.c.record_id).order_by(change.c.id)))
    assert [one["record_id"] for one in rows] == [1, 3, 4]
