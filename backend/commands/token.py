"""`voronka token`: makes what other systems call the API with."""

from datetime import timedelta
from typing import Any

import click
import msgspec

from backend.commands import database
from backend.commands.user import user_named
from backend.db.session import Unit
from backend.domain.access import COMMAND, SCOPES
from backend.domain.users.queries import as_system
from backend.domain.users.schemas import TokenCreate
from backend.domain.users.tokens.actions import create_token


@click.group()
def command() -> None:
    """Make API tokens."""


def _scopes(ctx: click.Context, option: click.Parameter, value: str) -> list[str]:
    found = [scope.strip() for scope in value.split(",") if scope.strip()]
    unknown = [scope for scope in found if scope not in SCOPES]
    if unknown or not found:
        raise click.BadParameter(
            f"there is no scope “{unknown[0] if unknown else value}”; there are {', '.join(SCOPES)}"
        )
    return found


@command.command()
@click.option("--user", required=True, metavar="EMAIL|ID", help="Whose it is.")
@click.option(
    "--scopes", required=True, metavar="A,B", callback=_scopes, help="What it may; * is all."
)
@click.option("--name", required=True, help="What it is for.")
@click.option("--days", type=click.IntRange(1, 36_500), help="How long it is good (default: ever).")
def create(user: str, scopes: list[str], name: str, days: int | None) -> None:
    """Make a token. It stands alone on the last line of the output and is shown only once."""
    given = {"scopes": scopes, "name": name}
    click.echo(database.perform(lambda tx: _create(tx, user, given, days)))


async def _create(tx: Unit, user: str, given: dict[str, Any], days: int | None) -> str:
    user_id = await user_named(tx, user)
    try:
        fields = msgspec.convert({**given, "user_id": user_id}, TokenCreate)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from None
    if days is not None:
        fields = msgspec.structs.replace(fields, expires_at=tx.now + timedelta(days=days))
    viewer = await as_system(tx, "worker", origin=COMMAND)
    return (await create_token(tx, viewer, fields))[1]
