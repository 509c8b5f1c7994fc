"""The worker: which jobs there are and when they run. Besides the bus, all that knows the queue.

The queue only wakes: what is due stands in the database, so a job may run twice, late or never.
"""

import asyncio
import logging
import os
import socket
import time
from datetime import UTC
from pathlib import Path
from typing import Any

from arq import cron

from backend import bus, clock, resources, trace
from backend import settings as house
from backend.db import revisions
from jobs import alerts, checks, heartbeat, letters, outbox, reminders, renewals, seals

log = logging.getLogger(__name__)

EVERY_15_S = {0, 15, 30, 45}
EVERY_5_MIN = set(range(3, 60, 5))


async def on_startup(ctx: dict[str, Any]) -> None:
    """Open the database, say hello, and catch up on what was missed."""
    settings = house.load(os.environ, Path(".env"))
    ctx["resources"] = resources.build(settings)
    async with ctx["resources"].database.read() as connection:
        await connection.run_sync(revisions.demand)
    ctx["name"] = f"{socket.gethostname()}:{os.getpid()}"
    ctx["started_at"] = clock.now()
    ctx["relaying"] = asyncio.Lock()
    trace.begin(run_id="start")
    await heartbeat.beat(ctx)
    async with outbox.relaying(ctx):  # a night's work may be long, and listeners wait
        await renewals.sweep_at_start(ctx)
        await reminders.remind_at_start(ctx)
    await outbox.relay_outbox(ctx)


async def on_shutdown(ctx: dict[str, Any]) -> None:
    if "resources" in ctx:
        await ctx["resources"].close()


async def on_job_start(ctx: dict[str, Any]) -> None:
    """Whatever a run writes into the log names the run."""
    trace.begin(run_id=ctx["job_id"])
    ctx["begun"] = time.monotonic()


async def on_job_end(ctx: dict[str, Any]) -> None:
    log.debug("run ended", extra={"ms": round((time.monotonic() - ctx["begun"]) * 1000, 1)})


class WorkerSettings:
    """Read by arq. Inherited attributes would be ignored, so everything stands here."""

    functions = [outbox.relay_outbox]  # noqa: RUF012
    cron_jobs = [  # noqa: RUF012
        cron(renewals.sweep_renewals, minute=7, second=0, unique=True, max_tries=1),
        cron(reminders.remind_all, minute=12, second=0, unique=True, max_tries=1),
        cron(outbox.relay_outbox, second=EVERY_15_S, unique=True, max_tries=1),
        cron(reminders.watch_minutes, second=25, unique=True, max_tries=1),
        cron(alerts.alert_heads, minute=EVERY_5_MIN, second=50, unique=True, max_tries=1),
        cron(letters.send_letters, second=5, unique=True, max_tries=1),
        cron(heartbeat.beat, second=EVERY_15_S, unique=False, max_tries=1),
        cron(seals.seal_log, second=40, unique=True, max_tries=1),
        cron(renewals.recompute_days, hour=1, minute=37, unique=True, max_tries=1),
        cron(checks.check_histories, hour=2, minute=17, unique=True, max_tries=1),
        cron(heartbeat.tidy, hour=3, minute=30, unique=True, max_tries=1),
    ]
    on_startup = on_startup
    on_shutdown = on_shutdown
    on_job_start = on_job_start
    on_job_end = on_job_end
    timezone = UTC
    job_timeout = 60
    max_tries = 5
    keep_result = 0
    job_completion_wait = 3
    health_check_interval = 15
    retry_jobs = True
    log_results = False
    job_serializer = staticmethod(bus.pack)
    job_deserializer = staticmethod(bus.unpack)
