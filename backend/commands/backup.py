"""`voronka backup`: a copy of the database as it stands at one instant."""

import os
from pathlib import Path

import click

from backend.commands import shared
from backend.db import copies


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def command(file: Path) -> None:
    """Copy the database into FILE while everybody goes on working. PostgreSQL's pg_dump has to be
    on the PATH. The secret and the queue are not in it."""
    copies.save(shared.settings().database, file, os.environ)
    click.echo(str(file))
