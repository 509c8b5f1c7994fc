"""`voronka user`: makes the people who sign in, and gives them passwords."""

import re
import sys
from typing import Any

import click
import msgspec

from backend import security
from backend.commands import database, shared
from backend.db.session import Unit
from backend.domain.access import COMMAND, Viewer
from backend.domain.texts import fold
from backend.domain.users import actions
from backend.domain.users.queries import as_system, user_id_of
from backend.domain.users.schemas import TeamCreate, UserCreate
from backend.domain.users.teams import actions as teams
from backend.domain.users.teams.queries import team_id_of
from backend.errors import NotFound


@click.group()
def command() -> None:
    """Make users, and give them passwords."""


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
    chosen = _password(password_stdin)
    given = {"email": email, "role": role} | ({} if name is None else {"name": name})
    user_id = database.perform(lambda tx: _add(tx, given, team, chosen))
    shared.say(f"made {role} {email}, user {user_id}")
    if not password_stdin:
        click.echo(chosen)


@command.command()
@click.argument("user", metavar="EMAIL|ID")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def password(user: str, password_stdin: bool) -> None:
    """Give a user a new password; whoever is signed in with the old one is signed out. Unless one
    is read, it is generated: it stands alone on the last line and is shown only once."""
    chosen = _password(password_stdin)
    user_id = database.perform(lambda tx: _give(tx, user, chosen))
    shared.say(f"user {user_id} has a new password")
    if not password_stdin:
        click.echo(chosen)


def _password(read: bool) -> str:
    return sys.stdin.readline().rstrip("\r\n") if read else security.new_password()


async def user_named(tx: Unit, user: str) -> int:
    """The id of a user who is named by his e-mail, or by the id itself."""
    if user.isascii() and user.isdecimal() and len(user) < 16:
        return int(user)
    found = await user_id_of(tx, email_key=fold(user))
    if found is None:
        raise NotFound(f"There is no user “{user}”: make one with `voronka user add`")
    return found


async def _give(tx: Unit, user: str, chosen: str) -> int:
    user_id = await user_named(tx, user)
    viewer = await as_system(tx, "worker", origin=COMMAND)
    await actions.set_password(tx, viewer, user_id, chosen)
    return user_id


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
