"""Child processes that never outlive us, however we die."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

PR_SET_PDEATHSIG = 1
# Loaded before any fork: nothing may be imported between fork and exec.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

Child = subprocess.Popen[bytes]


def start(
    argv: Sequence[str],
    *,
    pass_fds: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
    last_signal: signal.Signals = signal.SIGTERM,
    **options: Any,
) -> Child:
    """Start a child in a session of its own, so that Ctrl-C reaches it only through us.

    The kernel (elsewhere than on Linux: a guard process) sends it `last_signal` when we are gone.
    """
    options = {"stdin": subprocess.DEVNULL, "start_new_session": True, "env": env, **options}
    if _LIBC is not None:
        tie = tie_to(os.getpid(), last_signal)
        return subprocess.Popen(argv, pass_fds=pass_fds, preexec_fn=tie, **options)
    guarded = [sys.executable, "-m", "backend.embedded.guard", str(_our_end()), *argv]
    return subprocess.Popen(guarded, pass_fds=(*pass_fds, _our_end()), **options)


def stop(child: Child, patience: float) -> None:
    """Ask a child to end; after `patience` seconds end it."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(max(patience, 0.05))
        except subprocess.TimeoutExpired:
            kill(child)


def kill(child: Child) -> None:
    """End a child and whatever it has started, at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def tie_to(parent: int, last_signal: signal.Signals) -> Callable[[], None]:
    """What a fresh child calls, so that the kernel signals it once its parent is gone."""

    def tie() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(last_signal))
        if os.getppid() != parent:  # it died before we were tied to it
            os._exit(1)

    return tie


_pipe: tuple[int, int] | None = None


def _our_end() -> int:
    """The reading end of a pipe whose writing end closes when this process is gone."""
    global _pipe
    if _pipe is None:
        _pipe = os.pipe()
    return _pipe[0]
