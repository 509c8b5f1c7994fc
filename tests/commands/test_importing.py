"""`voronka import`: progress and refusals beside the result, the sum alone on the last line."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.commands.importing import command
from tests.commands.test_cli import refused, voronka
from tests.domain.flows import maven


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / 'here.db')}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    rows = maven.some({"Won": 2, "Prospecting": 1})
    rows[1]["close_date"] = "sometime"
    return maven.slice_of(source, rows)


def imported(folder: Path, url: str, *words: str) -> Result:
    mapping = maven.MAVEN / "mapping.toml"
    given = [str(folder), "--mapping", str(mapping), *words]
    return CliRunner().invoke(command, given, env={"VORONKA_DATABASE_URL": url})


def test_a_folder_is_imported_with_a_report(folder: Path, url: str) -> None:
    rehearsed = imported(folder, url, "--dry-run")
    done = imported(folder, url)
    assert (rehearsed.exit_code, done.exit_code) == (0, 0)
    assert rehearsed.stdout == f"dry run, nothing kept: {done.stdout}"
    assert done.stdout.endswith(" unchanged, 1 refused\n")
    assert done.stdout.count("\n") == 1
    said = done.stderr.splitlines()
    assert (
        "refused: sales_pipeline.csv, line 3, close_date (deal):"
        " “sometime” is not a date written as %m/%d/%Y"
    ) in said
    assert "sales_pipeline.csv → deal: 3 rows" in said
    assert "sales_pipeline.csv → deal: 3 rows: 2 created, 0 updated, 0 unchanged, 1 refused" in said
    assert "    1 × “Prospecting” has no day: 12/31/2017 is taken" in said
    assert said[-1] == "not named by the mapping: data_dictionary.csv"
    assert ": 0 created, 0 updated, " in imported(folder, url).stdout


def test_a_mapping_that_is_wrong_is_refused_in_one_line(
    folder: Path, url: str, tmp_path: Path
) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("[[import]]\n")
    words = ("import", str(folder), "--mapping", str(mapping))
    wrong = voronka(tmp_path, *words, DATABASE_URL=url)
    refused(wrong, "[[import]] 1: Object missing required field `record`")
