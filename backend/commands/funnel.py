"""`voronka funnel`: whether what reports read is what happened."""

import asyncio
from functools import partial

import click

from backend import clock
from backend.commands import database, shared
from backend.db.engines import open_database
from backend.db.session import unit
from backend.domain.funnels.facts.actions import Checked, check


@click.group()
def command() -> None:
    """Look after the facts that reports read: they are made from the history of each card."""


@command.command()
def verify() -> None:
    """Compute all facts anew from the history, and say how many rows differ.

    Beside a running product too; their number stands alone on the last line."""
    found = asyncio.run(_walk(database.current(), mend=False))
    click.echo(found.rows)
    if found.rows:
        raise click.ClickException(
            f"{found.rows} rows of {found.differing} cards are not what happened:"
            " `voronka funnel rebuild` mends them"
        )
    shared.say(f"{found.cards} cards: every row is what happened")


@command.command()
def rebuild() -> None:
    """Write every fact anew that differs from the history; their number stands on the last line."""
    found = asyncio.run(_walk(database.current(), mend=True))
    shared.say(f"{found.cards} cards: {found.rows} rows of {found.differing} of them were mended")
    click.echo(found.rows)


async def _walk(url: str, *, mend: bool) -> Checked:
    """All cards, some in each transaction."""
    opened = open_database(url)
    last = cards = differing = rows = 0
    try:
        while True:
            work = partial(check, after=last, mend=mend)
            found = await unit(opened, clock.now, work)
            if not found.last:
                return Checked(0, cards, differing, rows)
            last = found.last
            cards += found.cards
            differing += found.differing
            rows += found.rows
    finally:
        await opened.dispose()
