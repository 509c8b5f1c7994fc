"""The first administrator, made when nobody could sign in otherwise."""

from backend import clock, security
from backend.db.engines import open_database
from backend.db.session import Unit, unit
from backend.domain.access import COMMAND
from backend.domain.users import actions as users
from backend.domain.users.queries import as_system
from backend.embedded.handover import FirstAdmin


async def ensure(url: str) -> FirstAdmin | None:
    """Make an administrator unless there is an active one; gives what is shown once."""
    password = security.new_password()

    async def make(tx: Unit) -> str | None:
        return await users.first_admin(tx, await as_system(tx, "worker", origin=COMMAND), password)

    database = open_database(url)
    try:
        email = await unit(database, clock.now, make)
    finally:
        await database.dispose()
    return None if email is None else FirstAdmin(email, password)
