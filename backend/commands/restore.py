"""`voronka restore`: a backup in the place of the database, brought up to date and made safe."""

import asyncio
import contextlib
import os
from pathlib import Path

import click

from backend import clock
from backend.bus import STREAM, Bus
from backend.commands import shared
from backend.db import copies, migrate
from backend.db.engines import open_database
from backend.db.session import unit
from backend.domain.vitals.actions import settle
from backend.domain.vitals.schemas import Settled
from backend.embedded import datadir
from backend.settings import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="Lose what the database holds now.")
@click.option("--send-again", is_flag=True, help="Relay all events anew that may have been sent.")
def command(file: Path, force: bool, send_again: bool) -> None:
    """Put a backup in the place of an empty database. Stop the product first. Events that were
    delivered are not sent again; run `voronka doctor` once the product is started."""
    settings = shared.settings()
    url = shared.database(settings)
    with contextlib.ExitStack() as held:
        if settings.database_url is None:
            held.enter_context(datadir.held(settings.data_dir))
        asyncio.run(copies.give_back(url, file, os.environ, force=force))
        for revision in migrate.upgrade(url):
            shared.say(f"applied {revision}")
        settled = asyncio.run(_settle(settings, url, send_again))
    shared.say(_told(settled))
    click.echo(migrate.current(url))


async def _settle(settings: Settings, url: str, again: bool) -> Settled:
    bus, database = Bus(settings.queue), open_database(url)
    delivered = None
    try:
        with contextlib.suppress(Exception):
            delivered = await bus.newest(STREAM)
        return await unit(database, clock.now, lambda tx: settle(tx, delivered, again))
    finally:
        await bus.close()
        await database.dispose()


def _told(settled: Settled) -> str:
    if settled.again:
        return f"events beyond {settled.relayed} will be sent, whether they were or not"
    if settled.delivered is None:
        return (
            f"the queue does not say which events were delivered: all up to {settled.relayed} are"
            " taken for delivered; listeners read GET /api/v1/events, or say --send-again"
        )
    return f"events up to {settled.relayed} were delivered and are not sent again"
