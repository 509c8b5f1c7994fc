"""The data directory: made once, private, held by one running product at a time."""

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from backend.settings import SECRET_FILE, SettingsError

try:
    import fcntl
except ModuleNotFoundError:  # Windows, where `voronka run` says what to use instead
    fcntl = None  # type: ignore[assignment]

LOCK_FILE = "voronka.lock"
LEFTOVERS = 10.0  # seconds that the children of a killed product may need to end


def prepare(data_dir: Path) -> None:
    """Make the directory, readable by us alone; SettingsError where we may not write there."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{data_dir} cannot be made ({error.strerror}): set VORONKA_DATA_DIR to another place"
        ) from None
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise SettingsError(
            f"{data_dir} cannot be written to: set VORONKA_DATA_DIR to another directory, or change"
            " whose this one is"
        )


@contextlib.contextmanager
def held(data_dir: Path) -> Iterator[int]:
    """Hold the directory; the descriptor given is handed to every child.

    The lock is free only when all of them are gone, so a new start never meets an old queue.
    """
    prepare(data_dir)
    lock = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(lock, data_dir)
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield lock
    finally:
        os.close(lock)


def secret(data_dir: Path) -> str:
    """The generated secret that signs sessions, made at the first start."""
    path = data_dir / SECRET_FILE
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
    return path.read_text().strip()


def _take(lock: int, data_dir: Path) -> None:
    until = time.monotonic() + LEFTOVERS
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 20, 0).decode()
            if _alive(holder) or time.monotonic() > until:
                raise SettingsError(
                    f"Voronka already runs on {data_dir} (process {holder or 'unknown'}):"
                    " stop it first, or set VORONKA_DATA_DIR to another directory"
                ) from None
        time.sleep(0.05)


def _alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
