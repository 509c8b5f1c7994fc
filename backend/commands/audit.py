"""`voronka audit`: whether the change log is what was written."""

import asyncio

import click

from backend import clock
from backend.commands import database, shared
from backend.db.engines import open_database
from backend.db.session import Unit
from backend.domain.changes.seals.queries import Report, verified


@click.group()
def command() -> None:
    """Look after the change log."""


@command.command()
@click.option("--head", metavar="HASH", help="The hash of a seal, noted elsewhere: is it there?")
def verify(head: str | None) -> None:
    """Compute all seals of the log anew: names the first entry that was altered, removed or added
    since. The hash of the last seal stands alone on the last line: whoever notes it elsewhere can
    ask for it again with --head, and finds out that the end was cut off, or all of it redone."""
    report = asyncio.run(_verify(database.current(), head))
    if report.wrong is not None:
        raise click.ClickException(f"The change log is not what was written: {report.wrong}")
    shared.say(
        f"{report.rows} entries under {report.seals} seals are as they were written;"
        f" {report.unsealed} wait for a seal"
    )
    click.echo(report.head)


async def _verify(url: str, noted: str | None) -> Report:
    opened = open_database(url, alone=True)
    try:
        async with opened.read() as conn:
            return await verified(Unit(conn, clock.now()), noted)
    finally:
        await opened.dispose()
