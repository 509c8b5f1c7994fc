"""The supervisor: what dies is started again, ever later; everything stops in reverse order."""

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from backend.embedded import processes, supervisor
from backend.embedded.supervisor import Supervisor


def sleeper() -> processes.Child:
    return processes.start(["sleep", "60"])


def dying() -> processes.Child:
    return processes.start(["sh", "-c", "exit 3"])


def test_a_dead_service_is_started_again() -> None:
    said: list[str] = []
    watched = Supervisor(said.append)
    service = watched.add("worker", sleeper)
    assert service.child is not None
    first = service.child
    try:
        first.kill()
        watched.watch(lambda: service.child not in (None, first))
        assert service.child is not None
        assert service.child.poll() is None
        assert said == ["The worker ended (signal 9); it starts again in 0.5 s."]
    finally:
        watched.stop()


def test_what_is_to_be_done_once_is_not_started_again() -> None:
    said: list[str] = []
    watched = Supervisor(said.append)
    watched.add("demo", dying, once=True)
    watched.watch(lambda: not watched.services)
    watched.stop()
    assert said == []


def test_who_keeps_dying_waits_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.06)
    monkeypatch.setattr(supervisor, "TICK", 0.01)
    said: list[str] = []
    watched = Supervisor(said.append)
    service = watched.add("worker", dying)
    watched.watch(lambda: service.deaths >= 4)
    watched.stop()
    assert [line.rsplit(" in ", 1)[1] for line in said] == [
        "0.02 s.", "0.04 s.", "0.06 s.", "0.06 s.",
    ]  # fmt: skip
    assert "(code 3)" in said[0]


def test_health_is_rewarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "HEALTHY_AFTER", 0.05)
    watched = Supervisor(lambda _: None)
    service = watched.add("worker", sleeper)
    service.deaths = 5
    watched.watch(lambda: service.deaths == 0)
    watched.stop()


def test_what_others_stand_on_stops_last(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep(0.2); open(sys.argv[1], 'a').write(sys.argv[2]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open(sys.argv[1] + sys.argv[2], 'w').close()\n"
        "time.sleep(60)\n"
    )
    watched = Supervisor(lambda _: None)
    for name in ("queue", "one", "two"):
        argv = [sys.executable, "-c", script, str(log), name[0]]
        watched.add(name, partial(processes.start, argv), foundation=name == "queue")
    watched.watch(lambda: len(list(tmp_path.glob("log?"))) == 3)
    begun = time.monotonic()
    watched.stop(within=60)
    assert time.monotonic() - begun < 30  # nobody waits for longer than they take
    assert log.read_text().endswith("q")
    assert sorted(log.read_text()) == ["o", "q", "t"]


def test_a_service_that_cannot_start_again_is_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(supervisor, "TICK", 0.01)
    said: list[str] = []
    watched = Supervisor(said.append)
    service = watched.add("worker", dying)
    service.start = partial(processes.start, ["/no/such/program"])
    watched.watch(lambda: service.deaths >= 3)
    watched.stop()
    assert "No such file" in said[-1]


MANY_SIGNALS = """
import os, signal, threading
from backend.embedded.supervisor import Supervisor

watched = Supervisor(print)
watched.listen()

def ask():
    for _ in range(20_000):
        os.kill(os.getpid(), signal.SIGTERM)

asking = threading.Thread(target=ask)
asking.start()
while asking.is_alive():
    watched.stopping.set()
    watched.watch()
watched.stop()
print("stopped")
"""


def test_signals_in_a_row_do_not_hold_each_other_up() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MANY_SIGNALS],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout == "stopped\n"
