"""`voronka worker`: runs the jobs."""

from typing import Any, cast

import click
from arq.connections import RedisSettings
from arq.worker import run_worker

from backend.commands import logs, shared
from backend.embedded.gate import wait
from jobs.worker import WorkerSettings


@click.command()
@click.option("--gate", type=int, hidden=True, help="A descriptor that is waited at first.")
def command(gate: int | None) -> None:
    """Start the worker: renewals, reminders and everything that waits in the outbox."""
    if gate is not None:
        wait(gate)
    settings = shared.settings()
    settings.demand_production()
    logs.configure(settings.log_level)
    run_worker(cast(Any, WorkerSettings), redis_settings=RedisSettings.from_dsn(settings.queue))
