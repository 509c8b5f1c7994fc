"""`voronka worker`: runs the jobs."""

from typing import Any, cast

import click
from arq.connections import RedisSettings
from arq.worker import run_worker

from backend.commands import logs, shared
from jobs.worker import WorkerSettings


@click.command()
def command() -> None:
    """Start the worker: renewals, reminders and everything that waits in the outbox."""
    settings = shared.settings()
    settings.demand_production()
    logs.configure(settings.log_level)
    run_worker(cast(Any, WorkerSettings), redis_settings=RedisSettings.from_dsn(settings.queue))
