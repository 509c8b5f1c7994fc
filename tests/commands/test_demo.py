"""`voronka demo`: what it says, when it refuses, and when it stays away by itself."""

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.cli import cli
from backend.db.models import app_user, client
from backend.demo import make
from backend.embedded import wish
from tests.db.committed import within

Run = Callable[..., Result]
AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SMALL = {"KNOWN": 3, "AGREED": 1, "ENQUIRIES": 1, "ORDERS": 1}


@pytest.fixture
def run(fresh_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on a small company; it must not change this process."""
    monkeypatch.setenv("VORONKA_DATABASE_URL", fresh_url)
    monkeypatch.setenv("VORONKA_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name, value in SMALL.items():
        monkeypatch.setattr(make, name, value)
    monkeypatch.setattr(os, "nice", lambda _: 0)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, ("demo", *words), standalone_mode=False)

    return invoke


def clients(url: str) -> int:
    async def read(connection: AsyncConnection) -> int:
        query = select(func.count()).select_from(client)
        return int((await connection.execute(query)).scalar_one())

    return within(url, read)


def test_it_says_what_came_in_and_comes_once(run: Run, fresh_url: str) -> None:
    made = run()
    assert made.exception is None
    assert made.stdout == ""
    lines = made.stderr.splitlines()
    assert lines[0].startswith(f"The demo is in: 2 teams, {clients(fresh_url)} clients, ")
    assert [line.split(":")[0].split()[-1] for line in lines[1:5]] == [
        "leads", "offers", "deals", "renewals",
    ]  # fmt: skip
    assert lines[5] == "Its people cannot sign in until `voronka user password` gives them one."
    again = run()
    assert str(again.exception).startswith("This database holds records already (team 2, client ")
    assert again.stderr == ""


def test_it_comes_by_itself_where_it_is_wished_for(
    run: Run, fresh_url: str, tmp_path: Path
) -> None:
    assert run("--wished").stderr == ""
    assert clients(fresh_url) == 0
    wish.make(tmp_path)
    assert run("--wished").stderr.startswith("The demo is in: ")
    assert not wish.made(tmp_path)
    wish.make(tmp_path)  # as a product does that was killed before it took note
    told = run("--wished")
    assert told.exception is None
    assert told.stderr.startswith("No demo: This database holds records already")
    assert not wish.made(tmp_path)


def test_it_stays_away_where_somebody_has_begun(run: Run, fresh_url: str, tmp_path: Path) -> None:
    async def two(connection: AsyncConnection) -> None:
        for name in ("a", "b"):
            row = {
                "email": f"{name}@x.test", "email_key": f"{name}@x.test", "name": name,
                "role": "admin", "locale": "en", "created_at": AT, "updated_at": AT,
            }  # fmt: skip
            await connection.execute(insert(app_user), row)

    within(fresh_url, two)
    wish.make(tmp_path)
    told = run("--wished").stderr
    assert told == "No demo: Somebody has begun to set this up, so the demo stays away\n"
    assert (clients(fresh_url), wish.made(tmp_path)) == (0, False)


def test_only_a_new_database_is_wished_a_demo(tmp_path: Path) -> None:
    (tmp_path / wish.DATABASE).touch()
    wish.make(tmp_path)
    assert not wish.made(tmp_path)
