"""Runs one command and ends it when the pipe of whoever started us closes (not needed on Linux)."""

import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    lifeline, argv = int(sys.argv[1]), sys.argv[2:]
    early: list[int] = []  # signals that came before there was anybody to pass them to
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: early.append(received))
    child = subprocess.Popen(argv, close_fds=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: child.send_signal(received))
    for received in early:
        child.send_signal(received)
    threading.Thread(target=_end_with, args=(lifeline, child), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _end_with(lifeline: int, child: "subprocess.Popen[bytes]") -> None:
    os.read(lifeline, 1)  # nobody writes: this returns when the last writer is gone
    child.terminate()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main())
