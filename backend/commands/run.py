"""`voronka run`: everything with one command."""

import click

from backend.commands import shared
from backend.embedded import run


@click.command()
@click.option("--demo", is_flag=True, help="Bring a demo company in, where the data are new.")
def command(demo: bool) -> None:
    """Start everything: database, queue, web server and worker. With no settings at all the
    database is a file and the queue a private one, both in ./voronka-data."""
    run.run(shared.settings(), shared.say, click.echo, demo=demo)
