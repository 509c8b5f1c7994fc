"""`voronka user`: makes the people who sign in."""

import re
import sys
from typing import Any

import click
import msgspec

from backend import security
from backend.commands import database, shared
from backend.db.session import Unit
from backend.domain.access import COMMAND, Viewer
from backend.domain.users import actions
from backend.domain.users.queries import as_system
from backend.domain.users.schemas import TeamCreate, UserCreate
from backend.domain.users.teams import actions as teams
from backend.domain.users.teams.queries import team_id_of


@click.group()
def command() -> None:
    """Make users."""


def _email(ctx: click.Context, option: click.Parameter, value: str) -> str:
    if len(value) > 254 or not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise click.BadParameter(f"“{value}” is not an e-mail address")
    return value


@command.command()
@click.option("--email", required=True, callback=_email, help="What he signs in with.")
@click.option("--role", required=True, type=click.Choice(["manager", "head", "admin", "viewer"]))
@click.option("--name", help="What he is called (default: the e-mail up to the @).")
@click.option("--team", help="The name of his team; it is made if there is none.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(email: str, role: str, name: str | None, team: str | None, password_stdin: bool) -> None:
    """Make a user. Unless one is read, a password is generated: it stands alone on the last line
    of the output and is shown only once."""
    password = security.new_password()
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    given = {"email": email, "role": role} | ({} if name is None else {"name": name})
    user_id = database.perform(lambda tx: _add(tx, given, team, password))
    shared.say(f"made {role} {email}, user {user_id}")
    if not password_stdin:
        click.echo(password)


async def _add(tx: Unit, given: dict[str, Any], team: str | None, password: str) -> int:
    viewer = await as_system(tx, "worker", origin=COMMAND)
    if team is not None:
        given = {**given, "team_id": await _team(tx, viewer, team)}
    try:
        fields = msgspec.convert(given, UserCreate)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from None
    user_id = await actions.create_user(tx, viewer, fields)
    await actions.set_password(tx, viewer, user_id, password)
    return user_id


async def _team(tx: Unit, viewer: Viewer, name: str) -> int:
    found = await team_id_of(tx, name=name.strip())
    if found is not None:
        return found
    if not 0 < len(name.strip()) <= 128:
        raise click.UsageError("A team's name has 1 to 128 characters")
    return await teams.create_team(tx, viewer, TeamCreate(name=name))
