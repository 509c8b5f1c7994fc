"""The command line: help everywhere, one line for what is wrong, results alone on stdout."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from backend import cli
from backend.db import migrate


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def voronka(directory: Path, *words: str, **given: str) -> Ran:
    """Run the command as an operator does: a process of its own in an empty directory."""
    environ = {name: value for name, value in os.environ.items() if "VORONKA" not in name}
    environ |= {f"VORONKA_{name}": value for name, value in given.items()}
    done = subprocess.run(
        [sys.executable, "-m", "backend.cli", *words],
        cwd=directory,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def refused(ran: Ran, sentence: str) -> None:
    assert ran.code != 0
    assert ran.out == ""
    assert ran.err.startswith("voronka: ")
    assert ran.err.count("\n") == 1
    assert sentence in ran.err


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_explains_itself(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(cli.cli, [command, "--help"], prog_name="voronka")
    assert ran.exit_code == 0
    assert ran.stdout.startswith(f"Usage: voronka {command}")
    assert ran.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_all_commands_are_listed(tmp_path: Path) -> None:
    ran = voronka(tmp_path, "--help")
    assert ran.code == 0
    assert all(f"  {command} " in ran.out for command in cli.COMMANDS)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sing"], "No such command 'sing'"),
        (["serve", "--workers", "0"], "0 is not in the range"),
        (["migrate", "--loud"], "No such option"),
    ],
)
def test_a_wrong_word_is_refused_in_one_line(
    tmp_path: Path, words: list[str], sentence: str
) -> None:
    refused(voronka(tmp_path, *words), sentence)


def test_wrong_settings_are_refused_in_one_line(tmp_path: Path) -> None:
    refused(voronka(tmp_path, "migrate", PORT="x"), "VORONKA_PORT must be a number")
    lone = {"DATABASE_URL": "postgresql+asyncpg://localhost:1/none"}
    refused(voronka(tmp_path, "run", **lone), "VORONKA_SECRET_KEY is needed")
    refused(voronka(tmp_path, "migrate", **lone), "start it, or correct VORONKA_DATABASE_URL")
    lost = {"DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/none/x.db"}
    refused(voronka(tmp_path, "migrate", **lost), "(unable to open database file)")


def test_migrate_makes_the_embedded_database(tmp_path: Path) -> None:
    refused(voronka(tmp_path, "migrate", "--check"), "migrations are pending")
    first = voronka(tmp_path, "migrate")
    assert (first.code, first.out) == (0, migrate.head() + "\n")
    assert first.err.count("applied") == len(first.err.splitlines()) > 0
    again = voronka(tmp_path, "migrate")
    assert (again.code, again.out, again.err) == (0, migrate.head() + "\n", "")
    assert voronka(tmp_path, "migrate", "--check").code == 0
    assert (tmp_path / "voronka-data").stat().st_mode & 0o077 == 0
    back = voronka(tmp_path, "migrate", "--down-to", "base")
    assert (back.code, back.out) == (0, "base\n")


@pytest.mark.parametrize("command", ["serve", "sweep"])
def test_a_database_that_is_behind_is_refused(tmp_path: Path, command: str) -> None:
    refused(voronka(tmp_path, command), "run `voronka migrate` first")
