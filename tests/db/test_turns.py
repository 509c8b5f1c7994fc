"""Writers on SQLite take turns: in order within a process, and no process keeps others out."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.db import sqlite
from backend.db.engines import Database, open_database


async def opened(directory: Path) -> Database:
    database = open_database(f"sqlite+aiosqlite:///{directory / 'turns.db'}")
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE IF NOT EXISTS turn (name TEXT)"))
    return database


async def write(database: Database, name: str, seconds: float = 0.0) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO turn VALUES (:name)"), {"name": name})
        await asyncio.sleep(seconds)


async def names(database: Database) -> list[str]:
    query = text("SELECT name FROM turn ORDER BY rowid")
    async with database.read() as connection:
        return list((await connection.execute(query)).scalars())


async def test_writers_of_one_process_go_in_order_and_hold_no_reader_up(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    wanted = [str(number) for number in range(30)]
    writers = [asyncio.create_task(write(database, name, 0.001)) for name in wanted]
    while not writers[-1].done():
        seen = await asyncio.wait_for(names(database), 30)
        assert seen == wanted[: len(seen)]
    assert await names(database) == wanted
    await database.dispose()


async def test_a_process_with_many_long_turns_lets_another_in(tmp_path: Path) -> None:
    busy, other = await opened(tmp_path), await opened(tmp_path)

    async def work() -> None:
        while "other" not in await names(busy):
            await write(busy, "busy", sqlite.LONG * 1.5)

    batches = asyncio.create_task(work())
    while "busy" not in await names(other):
        continue
    await write(other, "other")
    await batches
    assert (await names(other)).index("other") < 50
    await busy.dispose()
    await other.dispose()


async def test_who_gets_no_turn_is_told_so_and_the_next_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, other = await opened(tmp_path), await opened(tmp_path)
    with monkeypatch.context() as short:
        short.setattr(sqlite, "PATIENCE", 0.05)
        async with busy.write():
            with pytest.raises(OperationalError, match="database is locked"):
                await write(other, "other")
    await write(other, "other")
    assert await names(busy) == ["other"]
    await busy.dispose()
    await other.dispose()
