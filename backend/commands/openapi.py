"""`voronka openapi`: the REST contract as a file."""

from pathlib import Path

import click

from backend.app import create_app
from backend.db.engines import open_database
from backend.effects import Effect
from backend.resources import Resources
from backend.routes import openapi as contract


class Stale(click.ClickException):
    """The file differs from what the code says."""


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if the file is not up to date.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("openapi.json"),
    help="The file to write.",
    show_default=True,
)
def command(check: bool, output: Path) -> None:
    """Write the REST contract (OpenAPI), made from the code alone."""
    wanted = document()
    if not check:
        output.write_bytes(wanted)
    elif not output.is_file() or output.read_bytes() != wanted:
        raise Stale(f"{output} is not up to date: run `voronka openapi`")
    click.echo(output)


def document() -> bytes:
    """The contract; no database is opened for it."""

    async def nobody(effects: list[Effect]) -> None:
        return None

    nowhere = open_database("sqlite+aiosqlite:///nowhere.db")
    return contract.document(create_app(Resources(nowhere, nobody)))
