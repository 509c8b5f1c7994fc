"""Logs: one event is one line of JSON, whatever is in it."""

import json
import logging
import sys

import pytest

from backend.commands import logs


@pytest.fixture(autouse=True)
def _put_back() -> object:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    yield
    root.handlers[:] = kept
    root.setLevel(level)


def test_one_event_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    nasty = "name\r\n\x1b[31m{}"
    logging.getLogger("voronka.x").info("saved %s", nasty, extra={"request_id": nasty})
    try:
        raise ValueError(nasty)
    except ValueError:
        logging.getLogger("voronka.x").exception("failed")
    logging.getLogger("voronka.x").debug("not shown")
    out, err = capsys.readouterr()
    assert out == ""
    first, second = [json.loads(line) for line in err.splitlines()]
    assert (first["message"], first["request_id"]) == (f"saved {nasty}", nasty)
    assert first["level"] == "info"
    assert first["at"].endswith("Z")
    assert "ValueError" in second["error"]
    assert "\x1b" not in err


def test_job_arguments_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    logging.getLogger("arq.worker").info("0.1s → send(%s)", "secret@example.com")
    assert capsys.readouterr().err == ""


def test_what_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    logging.getLogger("voronka").info("x", extra={"thing": sys})
    assert "module 'sys'" in json.loads(capsys.readouterr().err)["thing"]
