"""Starts everything in order, says where it is, keeps it alive, stops it in reverse order."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from backend.embedded import datadir, listening, processes, valkey, wish
from backend.embedded.gate import Gate
from backend.embedded.handover import FirstAdmin, Prepared
from backend.embedded.supervisor import Service, Supervisor
from backend.settings import Settings, SettingsError

Say = Callable[[str], None]

READY_WITHIN = 60.0
GRACE = 2  # seconds for requests in progress; the whole stop must stay under five
DEATHS_AT_START = 3


@dataclass(frozen=True)
class Run:
    """What the steps of a start share; every child gets the lock, so it is free after the last."""

    settings: Settings
    supervisor: Supervisor
    listener: socket.socket
    lock: int


def run(settings: Settings, say: Say, show: Say, *, demo: bool = False) -> None:
    """Run until told to stop. `say` talks to the operator, `show` prints what was made for him.

    A `demo` comes into a database that is made now, beside the running product.
    """
    _refuse_in_advance(settings)
    os.umask(0o077)  # whatever we and our children write is ours alone
    supervisor = Supervisor(say)
    with (
        datadir.held(settings.data_dir) as lock,
        listening.opened(settings.host, settings.port) as listener,
    ):
        if settings.embedded:
            datadir.secret(settings.data_dir)
        if demo and settings.database_url is None:
            wish.make(settings.data_dir)
        else:
            wish.granted(settings.data_dir)
        supervisor.listen()
        try:
            _start(Run(settings, supervisor, listener, lock), say, show)
            supervisor.watch()
        finally:
            supervisor.stop()


def _refuse_in_advance(settings: Settings) -> None:
    """Whatever cannot work is said before anything is touched."""
    if os.name != "posix":
        raise SettingsError(
            "`voronka run` needs Linux or macOS: here use `voronka migrate`, `voronka serve`"
            " and `voronka worker` with VORONKA_DATABASE_URL and VORONKA_REDIS_URL set"
        )
    settings.demand_production()
    if settings.redis_url is None:
        valkey.binary()


def _start(run: Run, say: Say, show: Say) -> None:
    if run.settings.redis_url is None:
        _queue(run)
    gate = Gate()
    web = _loaded(run, gate)
    prepared = _prepared(run)
    try:
        if not run.supervisor.stopping.is_set() and _let_through(run, gate, web):
            say(f"Voronka: {listening.address(run.settings)}  (Ctrl-C stops it)")
            say(f"Data:    {run.settings.data_dir}")
            _demo(run, say)
    finally:  # the password is known nowhere else, so it is shown even when the start fails
        if prepared.admin is not None:
            _introduce(prepared.admin, say, show)


def _loaded(run: Run, gate: Gate) -> Service:
    """The web server and the worker, which load while the database is prepared."""
    handed = (run.lock, gate.descriptor)
    worker = [sys.executable, "-m", "backend.cli", "worker", "--gate", str(gate.descriptor)]
    web = run.supervisor.add(
        "web server", lambda: listening.web(run.listener, GRACE, handed, gate.descriptor)
    )
    run.supervisor.add("worker", lambda: processes.start(worker, pass_fds=handed))
    return web


def _let_through(run: Run, gate: Gate, web: Service) -> bool:
    gate.open()
    return _becomes_ready(run, web)


def _demo(run: Run, say: Say) -> None:
    if wish.made(run.settings.data_dir):
        argv = [sys.executable, "-m", "backend.cli", "demo", "--wished"]
        run.supervisor.add("demo", lambda: processes.start(argv, pass_fds=(run.lock,)), once=True)
        say("A demo company comes in within a minute (`make run DEMO=no` starts without one).")


def _queue(run: Run) -> None:
    directory, address = run.settings.data_dir / "queue", run.settings.queue_socket
    service = run.supervisor.add(
        "queue", lambda: valkey.start(directory, address, (run.lock,)), foundation=True
    )
    if service.child is not None:
        valkey.wait(service.child, directory, address)


def _prepared(run: Run) -> Prepared:
    """Migrations and the first administrator; a stop takes the current migration back."""
    argv = [sys.executable, "-m", "backend.embedded.prepare"]
    child = processes.start(argv, pass_fds=(run.lock,), stdout=subprocess.PIPE)
    while child.poll() is None and not run.supervisor.stopping.wait(0.02):
        pass
    processes.stop(child, 1.0)
    answer = child.stdout.read() if child.stdout else b""
    if run.supervisor.stopping.is_set() and not answer:
        return Prepared()
    return _told(answer)


def _told(answer: bytes) -> Prepared:
    if not answer:
        raise SettingsError("The database could not be prepared: the reason is in the lines above")
    prepared = msgspec.json.decode(answer, type=Prepared)
    if prepared.error is not None:
        raise SettingsError(prepared.error)
    return prepared


def _becomes_ready(run: Run, web: Service) -> bool:
    """Wait for the product's own word; False when told to stop meanwhile."""
    until = time.monotonic() + READY_WITHIN
    settled = False

    def look() -> bool:
        nonlocal settled
        settled = web.child is not None and listening.ready(run.settings)
        return settled or time.monotonic() > until or web.deaths >= DEATHS_AT_START

    run.supervisor.watch(look)
    if not settled and not run.supervisor.stopping.is_set():
        raise SettingsError("Voronka does not become ready: the reason is in the lines above")
    return settled


def _introduce(admin: FirstAdmin, say: Say, show: Say) -> None:
    command = sys.argv[0] or "voronka"
    say(f"A token for REST: {command} token create --user {admin.email} --scopes '*' --name first")
    say("(with the same VORONKA_ settings, where there are any)")
    say(f"Sign in as {admin.email}; the password stands on the next line and is shown only once.")
    show(admin.password)
