"""`voronka import`: progress and refusals beside the result, the sum alone on the last line."""

import csv
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.commands.importing import command
from backend.domain.flows.imports.report import harmless
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


def test_what_was_refused_is_written_as_a_table(folder: Path, url: str, tmp_path: Path) -> None:
    rows = maven.read(folder / "sales_pipeline.csv")
    rows[0]["close_value"] = "=1+1"
    rows[0]["opportunity_id"] = "\x1b[2J"
    rows[2]["opportunity_id"] = '=HYPERLINK("x")' + "x" * 200
    maven.write(folder, rows)
    file = tmp_path / "refused.csv"
    done = imported(folder, url, "--report", str(file))
    assert done.exit_code == 0
    assert "\x1b" not in done.stderr
    with file.open(encoding="utf-8-sig", newline="") as stream:
        table = list(csv.reader(stream))
    assert table[0] == ["outcome", "source", "record", "line", "column", "reason"]
    place = ["refused", "sales_pipeline.csv", "deal"]
    assert [row[:5] for row in table[1:]] == [
        [*place, "2", "close_value"], [*place, "3", "close_date"], [*place, "4", "opportunity_id"],
    ]  # fmt: skip
    assert table[1][5].startswith("“=1+1” is not a number written like 1234.56")


def test_a_table_that_cannot_be_written_is_refused_first(folder: Path, url: str) -> None:
    wrong = imported(folder, url, "--report", str(folder / "nowhere" / "refused.csv"))
    assert wrong.exit_code != 0
    assert "created" not in wrong.output


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("plain", "plain"), ("“=1” is wrong", "“=1” is wrong"), ("=1+1", "'=1+1"), ("+7", "'+7"),
        ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"),
        (" =1", "' =1"), ("'=1", "''=1"), ('"=1', "'\"=1"), ("＝1", "'＝1"), ("＋1", "'＋1"),
        ("－1", "'－1"), ("＠1", "'＠1"), ("1=1", "1=1"), ("", ""),
    ],
)  # fmt: skip
def test_no_cell_of_the_table_is_a_formula(cell: str, written: str) -> None:
    assert harmless(cell) == written


def test_a_mapping_that_is_wrong_is_refused_in_one_line(
    folder: Path, url: str, tmp_path: Path
) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("[[import]]\n")
    words = ("import", str(folder), "--mapping", str(mapping))
    wrong = voronka(tmp_path, *words, DATABASE_URL=url)
    refused(wrong, f"{mapping}: [[import]] 1: Object missing required field `record`; docs/import")
