"""`voronka funnel`: facts that are not what happened are counted and mended."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.cli import cli
from tests.db.committed import within
from tests.db.filling import fill

Run = Callable[..., Result]


@pytest.fixture
def run(fresh_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("VORONKA_DATABASE_URL", fresh_url)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli, words, standalone_mode=False)


def test_facts_are_counted_and_mended(run: Run, fresh_url: str) -> None:
    """One of the nine cards has a fact and a visit that its history tells otherwise."""
    within(fresh_url, fill)
    for _ in range(2):
        wrong = run("funnel", "verify")
        assert wrong.stdout == "2\n"
        assert "2 rows of 1 cards are not what happened" in str(wrong.exception)
    mended = run("funnel", "rebuild")
    assert (mended.exception, mended.stdout) == (None, "2\n")
    assert mended.stderr == "9 cards: 2 rows of 1 of them were mended\n"
    right = run("funnel", "verify")
    assert (right.exception, right.stdout) == (None, "0\n")
    assert right.stderr == "9 cards: every row is what happened\n"
    assert run("funnel", "rebuild").stdout == "0\n"
