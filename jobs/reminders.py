"""Reminding of what the rules have due."""

import logging
from typing import Any

from backend.domain.flows.reminders import remind, watch

log = logging.getLogger(__name__)


async def remind_all(ctx: dict[str, Any]) -> None:
    """Hourly, after the sweep: whatever is due by the database's clock."""
    await _remind(ctx, "cron")


async def remind_at_start(ctx: dict[str, Any]) -> None:
    """Whatever was missed while no worker ran."""
    await _remind(ctx, "catch_up")


async def watch_minutes(ctx: dict[str, Any]) -> None:
    """Every minute: the rules that count working minutes."""
    resources = ctx["resources"]
    await watch(resources.database, resources.now, resources.deliver)


async def _remind(ctx: dict[str, Any], trigger: str) -> None:
    resources = ctx["resources"]
    run = await remind(resources.database, resources.now, trigger, deliver=resources.deliver)
    log.info(
        "reminded for %s: %s records, %s done, %s failed, at most %s days late",
        run.today, run.checked, run.fired, run.failed, run.late_days_max,
    )  # fmt: skip
