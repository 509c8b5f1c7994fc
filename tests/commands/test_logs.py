"""Logs: one event is one line of JSON, whatever is in it."""

import contextvars
import json
import logging
import sys

import pytest

from backend import trace
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


C1 = "a\x7f\x85\x9b31m\u2028\u2029b"


def test_no_value_steers_a_terminal_or_breaks_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    logging.getLogger("voronka.x").info("saved %s", C1, extra={C1: C1})
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert not set(C1[1:4]) & set(err)
    assert json.loads(err)[C1] == C1


def test_what_an_exception_says_is_nobody_elses_business(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("info")
    log = logging.getLogger("arq.worker")
    try:
        try:
            raise ValueError("Key (email)=(ivan@example.com) already exists")
        except ValueError as cause:
            raise RuntimeError("of ivan@example.com") from cause
    except RuntimeError as error:
        log.exception("%6.2fs ! %s failed: %s", 0.1, "send", error)
    line = capsys.readouterr().err
    assert "ivan" not in line
    told = json.loads(line)
    assert told["message"].endswith("send failed: RuntimeError")
    assert told["error"].startswith("RuntimeError\n")
    assert "after ValueError\n" in told["error"]
    assert "test_logs.py" in told["error"]
    logs.configure("debug")
    log.error("%s", ValueError("words"))
    assert "words" in capsys.readouterr().err


def test_a_line_names_the_work_it_is_of(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")

    def within() -> None:
        trace.begin(run_id="cron:1", job="sweep")
        logging.getLogger("voronka.x").info("here")

    contextvars.copy_context().run(within)
    logging.getLogger("voronka.x").info("there")
    here, there = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (here["run_id"], here["job"]) == ("cron:1", "sweep")
    assert "run_id" not in there


def test_job_arguments_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    logging.getLogger("arq.worker").info("0.1s → send(%s)", "secret@example.com")
    assert capsys.readouterr().err == ""


def test_what_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    logging.getLogger("voronka").info("x", extra={"thing": sys})
    assert "module 'sys'" in json.loads(capsys.readouterr().err)["thing"]
