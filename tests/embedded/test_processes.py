"""Children: gone with their parent, on Linux by the kernel and elsewhere by the guard."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from select import select

import pytest

from backend.embedded import processes
from backend.embedded.gate import Gate

GONE_WITHIN = 30.0

PARENT = """
import sys, time
from backend.embedded import processes
if "elsewhere" in sys.argv:
    processes._LIBC = None
child = processes.start([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def gone(pid: int) -> bool:
    until = time.monotonic() + GONE_WITHIN
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat")
        if status.exists() and status.read_text().rsplit(") ", 1)[1].startswith("Z"):
            return True  # dead, waiting for whoever adopted it
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("last", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("system", ["linux", "elsewhere"])
def test_a_child_goes_with_its_parent(last: signal.Signals, system: str) -> None:
    command = [sys.executable, "-c", PARENT, system]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not gone_now(child)
        parent.send_signal(last)
        parent.wait()
        assert gone(child)


def test_a_child_is_not_in_our_group_so_ctrl_c_does_not_reach_it() -> None:
    child = processes.start(["sleep", "60"])
    assert os.getpgid(child.pid) != os.getpgid(0)
    processes.stop(child, 5)
    assert child.returncode == -signal.SIGTERM


def test_who_does_not_listen_is_ended() -> None:
    deaf = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    )
    child = processes.start([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout as out:
        out.readline()
    begun = time.monotonic()
    processes.stop(child, 0.2)
    assert child.returncode == -signal.SIGKILL
    assert time.monotonic() - begun < GONE_WITHIN


def test_the_guard_ends_its_command_when_the_pipe_closes() -> None:
    reading, writing = os.pipe()
    command = [
        sys.executable,
        "-c",
        "import os, time; print(os.getpid(), flush=True); time.sleep(60)",
    ]
    guard = subprocess.Popen(
        [sys.executable, "-m", "backend.embedded.guard", str(reading), *command],
        pass_fds=[reading],
        stdout=subprocess.PIPE,
    )
    os.close(reading)
    assert guard.stdout is not None
    with guard.stdout as out:
        pid = int(out.readline())
    os.close(writing)
    assert guard.wait(GONE_WITHIN) == 128 + signal.SIGTERM
    assert gone(pid)


def test_the_guard_passes_signals_and_the_exit_code_on() -> None:
    reading, writing = os.pipe()
    command = ["sh", "-c", "trap 'exit 7' TERM; echo; while :; do sleep 0.05; done"]
    guard = subprocess.Popen(
        [sys.executable, "-m", "backend.embedded.guard", str(reading), *command],
        pass_fds=[reading],
        stdout=subprocess.PIPE,
    )
    assert guard.stdout is not None
    with guard.stdout as out:
        out.readline()
    guard.terminate()
    assert guard.wait(GONE_WITHIN) == 7
    os.close(reading)
    os.close(writing)


def gone_now(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_nobody_passes_a_gate_before_it_opens() -> None:
    gate = Gate()
    come = "print('here', flush=True); wait(int(sys.argv[1])); print('through', flush=True)"
    argv = [sys.executable, "-c", f"import sys; from backend.embedded.gate import wait; {come}"]
    argv.append(str(gate.descriptor))
    coming = [
        processes.start(argv, pass_fds=[gate.descriptor], stdout=subprocess.PIPE) for _ in range(2)
    ]
    for child in coming:
        assert child.stdout is not None
        assert child.stdout.readline() == b"here\n"
        assert select([child.stdout], [], [], 0.05) == ([], [], [])
    gate.open()
    assert [child.communicate()[0] for child in coming] == [b"through\n"] * 2
