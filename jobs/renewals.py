"""Bringing due renewals into work."""

import logging
from typing import Any

from backend.domain.flows.sweep import sweep

log = logging.getLogger(__name__)


async def sweep_renewals(ctx: dict[str, Any]) -> None:
    """The hourly sweep: activates what is due by the database's clock."""
    await _sweep(ctx, "cron")


async def sweep_at_start(ctx: dict[str, Any]) -> None:
    """Whatever was missed while no worker ran."""
    await _sweep(ctx, "catch_up")


async def _sweep(ctx: dict[str, Any], trigger: str) -> None:
    resources = ctx["resources"]
    run = await sweep(resources.database, resources.now, trigger, deliver=resources.deliver)
    log.info(
        "swept for %s: %s due, %s activated, %s failed, at most %s days late",
        run.today, run.checked, run.activated, run.failed, run.late_days_max,
    )  # fmt: skip
