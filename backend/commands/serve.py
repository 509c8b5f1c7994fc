"""`voronka serve`: the web server alone, in one or more processes."""

import socket

import click

from backend.commands import database, shared, web
from backend.embedded import listening
from backend.embedded.supervisor import Supervisor

GRACE = 5


@click.command()
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Web server processes.")
def command(workers: int) -> None:
    """Start the web server on a database that is up to date."""
    settings = shared.settings()
    settings.demand_production()
    database.current()
    with listening.opened(settings.host, settings.port) as listener:
        if workers == 1:
            web.serve(listener, settings, GRACE)
        else:
            _several(workers, listener)


def _several(workers: int, listener: socket.socket) -> None:
    supervisor = Supervisor(shared.say)
    supervisor.listen()
    try:
        for number in range(1, workers + 1):
            supervisor.add(f"web server {number}", lambda: listening.web(listener, GRACE))
        supervisor.watch()
    finally:
        supervisor.stop(within=GRACE + 2)
