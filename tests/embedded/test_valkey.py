"""The private queue: answers, is ours, keeps what it was given, or says what to set instead."""

import importlib.util
import signal
from pathlib import Path

import pytest
import redis

from backend.embedded import processes
from backend.embedded import valkey as private
from backend.settings import Settings, SettingsError
from tests.launchers import valkey as launcher


def client(socket: Path) -> "redis.Redis":
    return redis.Redis(unix_socket_path=str(socket), decode_responses=True)


def test_it_answers_and_never_forgets_on_its_own(valkey: launcher.Server) -> None:
    with client(valkey.socket) as queue:
        assert queue.ping()
        wanted = {"appendonly": "yes", "maxmemory-policy": "noeviction", "port": "0"}
        assert {name: queue.config_get(name)[name] for name in wanted} == wanted
    assert valkey.socket.stat().st_mode & 0o077 == 0


def test_what_was_queued_survives_a_kill(tmp_path: Path) -> None:
    directory, socket = tmp_path / "queue", Settings(data_dir=tmp_path).queue_socket
    for value in (None, "kept"):
        child = private.start(directory, socket)
        try:
            private.wait(child, directory, socket)
            with client(socket) as queue:
                assert queue.get("job") == value
                queue.set("job", "kept")
                queue.execute_command("WAITAOF", 1, 0, 5000)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()


def test_another_programs_server_is_not_taken_for_ours(
    valkey: launcher.Server, tmp_path: Path
) -> None:
    child = processes.start(["sleep", "60"])
    try:
        with pytest.raises(SettingsError, match="Another program's queue answers"):
            private.wait(child, tmp_path, valkey.socket)
    finally:
        processes.stop(child, 1)


def test_a_server_that_does_not_start_points_to_its_log(tmp_path: Path) -> None:
    child = processes.start(["false"])
    with pytest.raises(SettingsError, match=r"see .*valkey\.log"):
        private.wait(child, tmp_path, tmp_path / "no.sock")


def test_where_there_is_no_server_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="set VORONKA_REDIS_URL"):
        private.binary()
