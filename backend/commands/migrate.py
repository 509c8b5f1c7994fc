"""`voronka migrate`: brings the database up to this version."""

import click

from backend.commands import shared
from backend.db import migrate


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; fail if migrations are pending.")
@click.option("--down-to", metavar="REVISION", help="Go back to a revision, or to `base`.")
def command(check: bool, down_to: str | None) -> None:
    """Bring the database up to date; safe to run from several machines at once."""
    url = shared.database(shared.settings())
    if check:
        if waiting := migrate.pending(url):
            raise migrate.MigrationError(f"{len(waiting)} migrations are pending")
    elif down_to is not None:
        for revision in migrate.downgrade(url, down_to):
            shared.say(f"took back {revision}")
    else:
        for revision in migrate.upgrade(url):
            shared.say(f"applied {revision}")
    click.echo(migrate.current(url) or "base")
