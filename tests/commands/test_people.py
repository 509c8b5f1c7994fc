"""`voronka user` and `voronka token create`: what they make stands alone on the last line."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from sqlalchemy import Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend import security
from backend.cli import cli
from backend.db.models import api_token, app_user, change, team, user_session
from tests.commands.test_cli import refused, voronka
from tests.db.committed import within

Run = Callable[..., Result]


@pytest.fixture
def run(fresh_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("VORONKA_DATABASE_URL", fresh_url)
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str, said: str | None = None) -> Result:
        return CliRunner().invoke(cli, words, input=said, standalone_mode=False)

    return invoke


def found(url: str, query: Select[Any]) -> list[dict[str, Any]]:
    async def read(connection: AsyncConnection) -> list[dict[str, Any]]:
        return [dict(row) for row in (await connection.execute(query)).mappings()]

    return within(url, read)


def test_a_user_is_made_with_a_password_that_is_shown_once(run: Run, fresh_url: str) -> None:
    made = run("user", "add", "--email", "Anna@firm.test", "--role", "head", "--team", "North")
    assert made.exception is None
    password = made.stdout.removesuffix("\n")
    assert made.stdout.count("\n") == 1
    [anna] = found(fresh_url, select(app_user))
    assert made.stderr == f"made head Anna@firm.test, user {anna['id']}\n"
    assert (anna["email_key"], anna["name"], anna["role"]) == ("anna@firm.test", "Anna", "head")
    assert PasswordHasher().verify(anna["password_hash"], password)
    assert found(fresh_url, select(team.c.id, team.c.name)) == [
        {"id": anna["team_id"], "name": "North"}
    ]
    written = found(fresh_url, select(change.c.type).order_by(change.c.id))
    assert [row["type"] for row in written] == ["team.created", "user.created", "user.updated"]


def test_a_password_may_be_given(run: Run, fresh_url: str) -> None:
    words = ("user", "add", "--email", "a@firm.test", "--role", "manager", "--password-stdin")
    short = run(*words, said="short\n")
    assert "8 to 1024 characters" in str(short.exception)
    assert found(fresh_url, select(app_user)) == []
    made = run(*words, "--name", "Anna", said="correct horse\n")
    assert (made.exception, made.stdout) == (None, "")
    [anna] = found(fresh_url, select(app_user))
    assert anna["name"] == "Anna"
    assert PasswordHasher().verify(anna["password_hash"], "correct horse")


def test_a_user_that_cannot_be(run: Run, fresh_url: str) -> None:
    words = ("user", "add", "--email", "a@firm.test", "--role", "manager")
    assert run(*words).exception is None
    assert str(run(*words).exception) == "This e-mail is taken by another user"
    for wrong in ("ab", "a@b@c", "a b@c.d"):
        told = run("user", "add", "--email", wrong, "--role", "manager")
        assert "is not an e-mail address" in str(told.exception)
    assert "boss" in str(run("user", "add", "--email", "b@c.d", "--role", "boss").exception)
    assert len(found(fresh_url, select(app_user))) == 1


def test_a_new_password_signs_out_whoever_had_the_old_one(run: Run, fresh_url: str) -> None:
    run("user", "add", "--email", "Anna@firm.test", "--role", "manager")
    [anna] = found(fresh_url, select(app_user))
    now = anna["created_at"]
    session = {"user_id": anna["id"], "created_at": now, "seen_at": now}
    signed_in = insert(user_session).values(
        hash="h" * 64, expires_at=now + timedelta(days=1), **session
    )
    within(fresh_url, lambda connection: connection.execute(signed_in))
    made = run("user", "password", "anna@FIRM.test")
    assert (made.exception, made.stdout.count("\n")) == (None, 1)
    assert made.stderr == f"user {anna['id']} has a new password\n"
    [after] = found(fresh_url, select(app_user))
    assert PasswordHasher().verify(after["password_hash"], made.stdout.removesuffix("\n"))
    assert found(fresh_url, select(user_session)) == []
    read = run("user", "password", str(anna["id"]), "--password-stdin", said="correct horse\n")
    assert (read.exception, read.stdout) == (None, "")
    [after] = found(fresh_url, select(app_user))
    assert PasswordHasher().verify(after["password_hash"], "correct horse")
    for who, said, sentence in (
        ("bob@firm.test", "correct horse\n", "There is no user “bob@firm.test”"),
        ("77", "correct horse\n", "There is no such user"),
        ("anna@firm.test", "short\n", "8 to 1024 characters"),
    ):
        told = run("user", "password", who, "--password-stdin", said=said)
        assert sentence in str(told.exception)
    assert found(fresh_url, select(app_user)) == [after]


def test_a_token_is_made_for_an_email_or_a_number(run: Run, fresh_url: str) -> None:
    run("user", "add", "--email", "boss@firm.test", "--role", "admin")
    [boss] = found(fresh_url, select(app_user))
    words = ("token", "create", "--scopes", "jobs:run, cards:read", "--name", "ERP")
    first = run(*words, "--user", "BOSS@firm.test")
    second = run(*words, "--user", str(boss["id"]), "--days", "30")
    assert (first.exception, second.exception, first.stderr) == (None, None, "")
    hashes = [security.token_hash(made.stdout.removesuffix("\n")) for made in (first, second)]
    rows = found(fresh_url, select(api_token).order_by(api_token.c.id))
    assert [row["hash"] for row in rows] == hashes
    assert rows[0]["scopes"] == ["cards:read", "jobs:run"]
    assert [row["made_by_id"] for row in rows] == [None, None]
    made: datetime = rows[1]["created_at"]
    assert [row["expires_at"] for row in rows] == [None, made + timedelta(days=30)]


def test_a_token_that_cannot_be(run: Run, fresh_url: str) -> None:
    run("user", "add", "--email", "anna@firm.test", "--role", "manager")
    words = ("token", "create", "--name", "x")
    for more, sentence in (
        (("--user", "bob@firm.test", "--scopes", "*"), "There is no user “bob@firm.test”"),
        (("--user", "77", "--scopes", "*"), "There is no such user"),
        (("--user", "anna@firm.test", "--scopes", "jobs:run"), "jobs:run is for admins"),
        (("--user", "anna@firm.test", "--scopes", "cards"), "there is no scope “cards”"),
        (("--user", "anna@firm.test", "--scopes", ","), "there is no scope"),
    ):
        told = run(*words, *more)
        assert sentence in str(told.exception)
        assert told.stdout == ""
    assert found(fresh_url, select(api_token)) == []


def test_as_an_operator_runs_it(tmp_path: Path) -> None:
    words = ("user", "add", "--email", "a@firm.test", "--role", "admin")
    refused(voronka(tmp_path, *words), "run `voronka migrate` first")
    voronka(tmp_path, "migrate")
    made = voronka(tmp_path, *words)
    assert (made.code, made.out.count("\n")) == (0, 1)
    token = ("token", "create", "--user", "a@firm.test", "--scopes", "*", "--name", "first")
    shown = voronka(tmp_path, *token)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("vk_")
    refused(voronka(tmp_path, *words), "taken by another user")
