"""`voronka sweep`: bring due renewals into work now."""

import asyncio
from datetime import date, datetime

import click
import msgspec

from backend import clock
from backend.commands import database, shared
from backend.db.engines import open_database
from backend.domain.access import COMMAND
from backend.domain.flows.sweep import sweep
from backend.domain.renewals.schemas import SweepRun


@click.command()
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="The day to sweep for (default: today)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the ledger line alone, as JSON.")
def command(today: datetime | None, as_json: bool) -> None:
    """Activate every renewal that is due on a day; what is due twice is activated once."""
    run = asyncio.run(_sweep(database.current(), today.date() if today else None))
    if as_json:
        click.echo(msgspec.json.encode(run).decode())
    else:
        shared.say(
            f"swept for {run.today}: {run.checked} due, {run.activated} activated,"
            f" {run.failed} failed, at most {run.late_days_max} days late"
        )


async def _sweep(url: str, today: date | None) -> SweepRun:
    opened = open_database(url)
    try:
        return await sweep(opened, clock.now, "manual", today, origin=COMMAND)
    finally:
        await opened.dispose()
