"""Bringing due renewals into work."""

import logging
from functools import partial
from typing import Any

from backend.db.session import Unit, unit
from backend.domain.flows.sweep import sweep
from backend.domain.renewals.actions import recompute_activation
from backend.domain.renewals.preview import queries

log = logging.getLogger(__name__)


async def sweep_renewals(ctx: dict[str, Any]) -> None:
    """The hourly sweep: activates what is due by the database's clock."""
    await _sweep(ctx, "cron")


async def sweep_at_start(ctx: dict[str, Any]) -> None:
    """Whatever was missed while no worker ran."""
    await _sweep(ctx, "catch_up")


async def recompute_days(ctx: dict[str, Any]) -> None:
    """Nightly: every waiting renewal has the day that its lead time gives.

    A change of a lead time moves what waits at once; a renewal that was made in the very same
    moment, and saw the old one, is put right here. Looking for it keeps no writer waiting.
    """
    resources = ctx["resources"]
    async with resources.database.read() as conn:
        astray = await queries.astray(Unit(conn, resources.now()))
    if astray:
        work = partial(recompute_activation, agreement_ids=astray)
        moved = await unit(resources.database, resources.now, work)
        log.warning("%s waiting renewals got the day that their lead time gives", moved)


async def _sweep(ctx: dict[str, Any], trigger: str) -> None:
    resources = ctx["resources"]
    run = await sweep(resources.database, resources.now, trigger, deliver=resources.deliver)
    log.info(
        "swept for %s: %s due, %s activated, %s failed, at most %s days late",
        run.today, run.checked, run.activated, run.failed, run.late_days_max,
    )  # fmt: skip
