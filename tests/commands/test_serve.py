"""`voronka serve` with several processes: all answer, a dead one is replaced, a stop is clean."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.embedded.product import READY_WITHIN, STOPS_WITHIN, free_port
from tests.faults.plant import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="watches processes through /proc")

SECRET = "a secret of 32 characters at least"


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_serve(tmp_path: Path, fresh_url: str, workers: int) -> None:
    port = free_port()
    given = {
        "VORONKA_DATABASE_URL": fresh_url,
        "VORONKA_SECRET_KEY": SECRET,
        "VORONKA_PORT": str(port),
        "VORONKA_LOG_LEVEL": "debug",
    }
    log = tmp_path / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "backend.cli", "serve", "--workers", str(workers)],
            cwd=tmp_path,
            env=os.environ | given,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        assert eventually(lambda: answers(port), READY_WITHIN)
        if workers > 1:
            kill_one(server.pid)
            assert eventually(lambda: "ended (signal 9)" in log.read_text())
            assert all(answers(port) for _ in range(20))  # the socket is never closed
    finally:
        begun = time.monotonic()
        server.terminate()
        server.wait(READY_WITHIN)
    said = log.read_text()
    assert server.returncode == 0, said
    assert SECRET not in said
    assert time.monotonic() - begun < STOPS_WITHIN
    assert ("ended (signal 9)" in said) == (workers > 1)


def kill_one(supervisor: int) -> None:
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
