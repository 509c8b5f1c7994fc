"""The data directory: private, held by one, its secret made once."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from backend.embedded import datadir
from backend.settings import SettingsError


def test_it_is_ours_alone(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "voronka-data"
    with datadir.held(home):
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        first = datadir.secret(home)
        assert len(first) == 64
        assert datadir.secret(home) == first
        assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600


def test_the_second_one_is_told_who_was_first(tmp_path: Path) -> None:
    with (
        datadir.held(tmp_path),
        pytest.raises(
            SettingsError, match=rf"already runs on {tmp_path} \(process {os.getpid()}\)"
        ),
        datadir.held(tmp_path),
    ):
        raise AssertionError("held twice")
    with datadir.held(tmp_path):
        pass


def test_a_new_start_waits_for_the_children_of_a_killed_one(tmp_path: Path) -> None:
    with datadir.held(tmp_path) as lock:
        left_over = subprocess.Popen(["sleep", "0.5"], pass_fds=[lock])
    ended = subprocess.Popen(["true"])
    ended.wait()
    (tmp_path / datadir.LOCK_FILE).write_text(str(ended.pid))
    with datadir.held(tmp_path):
        assert left_over.poll() is not None or left_over.wait(30) == 0


def test_a_place_where_nothing_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SettingsError, match="set VORONKA_DATA_DIR to another place"),
        datadir.held(tmp_path / "file" / "data"),
    ):
        raise AssertionError("made inside a file")
