"""`voronka run`: everything with one command."""

import click

from backend.commands import shared
from backend.embedded import run


@click.command()
def command() -> None:
    """Start everything: database, queue, web server and worker. With no settings at all the
    database is a file and the queue a private one, both in ./voronka-data."""
    run.run(shared.settings(), shared.say, click.echo)
