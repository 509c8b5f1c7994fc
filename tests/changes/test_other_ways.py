"""The worker, pages, an import and the command line leave their entries as the API does."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.cli import cli
from backend.db.models import api_token, app_user, change
from backend.domain.flows.sweep import sweep
from tests.changes.books import Row, books, entries, wrong
from tests.db.committed import within
from tests.domain.flows import maven
from tests.factories.cards import new_deal, new_renewal
from tests.office import Office
from tests.routes.web.sellers import sitting

pytestmark = pytest.mark.anyio


def ways(log: list[Row]) -> set[tuple[Any, ...]]:
    names = ("actor_kind", "actor_id", "token_id", "channel", "request_id")
    return {tuple(entry[name] for name in names) for entry in log}


async def test_a_sweep(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    for _ in range(12):  # more than a batch
        await new_renewal(anna, client_id=acme)
    before = await books(office.database)
    office.now = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
    run = await sweep(
        office.database, lambda: office.now, "cron", datetime(2027, 7, 1, tzinfo=UTC).date()
    )
    assert run.activated == 12
    log = await entries(office.database, before.seq)
    assert wrong(before, await books(office.database), log) == []
    assert Counter(entry["type"] for entry in log) == {"renewal.moved": 12, "task.created": 12}
    assert ways(log) == {("worker", None, None, "worker", None)}


async def test_pages(office: Office) -> None:
    """Several cards moved and handed over at once, by who is at a browser."""
    boss = await sitting(office, "boss", "admin")
    boris = await office.person("boris")
    acme = await office.client(boss.person)
    made = [(await new_deal(boss.person, client_id=acme))["id"] for _ in range(3)]
    ids = ",".join(map(str, made))
    before = await books(office.database)
    moved = await boss.send("/deals/bulk", to="offer", ids=ids, vers="1,1,1")
    given = await boss.send("/deals/bulk/transfer", ids=ids, vers="2,2,2", owner_id=boris.id)
    assert (moved.status_code, given.status_code) == (200, 200), given.text
    log = await entries(office.database, before.seq)
    assert wrong(before, await books(office.database), log) == []
    told = Counter(entry["type"] for entry in log if entry["kind"] == "deal")
    assert told == {"deal.moved": 3, "deal.transferred": 3}
    requests = {reply.headers["x-request-id"] for reply in (moved, given)}
    assert ways(log) == {("user", boss.person.id, None, "web", one) for one in requests}


async def test_an_import(database: Any, tmp_path: Path) -> None:
    folder = maven.slice_of(tmp_path, maven.some({"Won": 3, "Lost": 2, "Engaging": 2}))
    importing = maven.Importing(database)
    before = await books(database)
    await importing.run(folder)
    after = await books(database)
    log = await entries(database, before.seq)
    assert wrong(before, after, log) == []
    assert {"user", "team", "product", "client", "deal"} <= {entry["kind"] for entry in log}
    assert ways(log) == {("import", None, None, "import", None)}
    await importing.run(folder)  # what is there already is not written again
    assert await entries(database, after.seq) == []


def run(*words: str) -> Result:
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    assert result.exception is None, result.exception
    return result


def test_the_command_line(fresh_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VORONKA_DATABASE_URL", fresh_url)
    monkeypatch.chdir(tmp_path)
    password = run("user", "add", "--email", "a@firm.test", "--role", "head", "--team", "N").stdout
    secret = run("token", "create", "--user", "a@firm.test", "--scopes", "*", "--name", "t").stdout
    run("sweep")

    async def read(connection: AsyncConnection) -> tuple[list[Row], list[str]]:
        rows = (await connection.execute(select(change).order_by(change.c.id))).mappings()
        secrets = select(app_user.c.password_hash, api_token.c.hash).join(
            api_token, api_token.c.user_id == app_user.c.id
        )
        hashes = await connection.execute(secrets)
        return [dict(row) for row in rows], [str(one) for row in hashes for one in row]

    log, hidden = within(fresh_url, read)
    types = [entry["type"] for entry in log]
    assert types == ["team.created", "user.created", "user.updated", "token.created"]
    assert ways(log) == {("worker", None, None, "command", None)}
    assert log[2]["changes"] == [{"field": "password", "before": None, "after": None}]
    assert not [one for one in (*hidden, password.strip(), secret.strip()) if one in str(log)]
    told = run("audit", "verify")
    assert told.stdout == "0" * 64 + "\n"
    assert told.stderr == "0 entries under 0 seals are as they were written; 4 wait for a seal\n"
