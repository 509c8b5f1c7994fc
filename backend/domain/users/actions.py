"""Writing users: made, edited, put by another system's name, given a password."""

from typing import Any

from sqlalchemy import insert, update

from backend import security
from backend.db.models import app_user
from backend.db.session import Row, Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.feed.actions import announce
from backend.domain.feed.rules import differences
from backend.domain.texts import fold, given
from backend.domain.upserts import upsert
from backend.domain.users import queries
from backend.domain.users.belongings import queries as belongings
from backend.domain.users.passwords.rules import demand_good
from backend.domain.users.schemas import MyFields, UserCreate, UserFields
from backend.domain.users.sessions.actions import end_sessions
from backend.domain.users.teams.queries import one_team
from backend.domain.versions import demand_version
from backend.errors import Conflict, pointed

FIRST_ADMIN = "admin@voronka.local"


async def create_user(tx: Unit, viewer: Viewer, fields: UserCreate) -> int:
    """Make a user; his id. Without a password he cannot sign in, and needs none for tokens."""
    access.demand_settings(viewer)
    blank = {"role": "manager", "active": True, "locale": viewer.writes_in}
    values = {**blank, "name": fields.email.partition("@")[0], **await _ready(tx, fields, None)}
    return await _add(tx, viewer, values)


async def _add(tx: Unit, viewer: Viewer, values: dict[str, Any]) -> int:
    row = {**values, "version": 1, "created_at": tx.now, "updated_at": tx.written_at}
    user_id: int = await tx.scalar(insert(app_user).returning(app_user.c.id), row)
    await announce(tx, viewer, "created", "user", user_id, 1, differences({}, row))
    return user_id


async def edit_user(
    tx: Unit, viewer: Viewer, user_id: int, fields: UserFields, if_match: int | None
) -> None:
    """Write the given fields of a user.

    Conflict where he is deactivated, or is to read only, while cards, clients or agreements are
    his, and where he is the last active admin and would not be one any more.
    """
    access.demand_settings(viewer)
    row = await queries.locked_user(tx, user_id)
    demand_version(row["version"], if_match)
    await _write(tx, viewer, row, await _ready(tx, fields, row))


async def upsert_user(
    tx: Unit, viewer: Viewer, external_id: str, fields: UserFields, if_match: int | None = None
) -> tuple[int, bool]:
    """Make the user whom another system calls so, or merge into him; his id, whether he is new."""
    access.demand_settings(viewer)
    return await upsert(
        tx, external_id, fields,
        lambda name: queries.user_id_of(tx, external_id=name),
        lambda named: _make(tx, viewer, named),
        lambda user_id, named: edit_user(tx, viewer, user_id, named, if_match),
    )  # fmt: skip


async def _make(tx: Unit, viewer: Viewer, fields: UserFields) -> int:
    values = given(fields)
    if "email" not in values:
        raise pointed("a new user needs an e-mail", "/email")
    return await create_user(tx, viewer, UserCreate(**values))


async def edit_me(tx: Unit, viewer: Viewer, fields: MyFields, if_match: int | None) -> None:
    """Write what one may change about oneself."""
    assert viewer.user_id is not None  # the API knows no caller without a user
    row = await queries.locked_user(tx, viewer.user_id)
    demand_version(row["version"], if_match)
    await _write(tx, viewer, row, given(fields))


async def set_password(tx: Unit, viewer: Viewer, user_id: int, password: str) -> None:
    """Give a user a password; the one he had is good no more."""
    demand_good(password)
    row = await queries.locked_user(tx, user_id)
    await _write(tx, viewer, row, {"password_hash": security.password_hash(password)})


async def first_admin(tx: Unit, viewer: Viewer, password: str) -> str | None:
    """Make an admin where there is no active one; his e-mail."""
    await queries.hold_company(tx)  # another start of the product asks the same
    if await queries.other_admins(tx, 0):
        return None
    email, number = FIRST_ADMIN, 1
    while await queries.user_id_of(tx, email_key=email) is not None:
        number += 1
        email = FIRST_ADMIN.replace("@", f"{number}@")
    name = "Администратор" if viewer.company.locale == "ru" else "Administrator"
    user_id = await create_user(tx, viewer, UserCreate(email=email, name=name, role="admin"))
    await set_password(tx, viewer, user_id, password)
    return email


async def _ready(tx: Unit, fields: UserFields, row: Row | None) -> dict[str, Any]:
    """Given fields as columns; NotFound for an unknown team, Conflict for another's e-mail."""
    values = given(fields)
    if values.get("team_id") is not None:
        await one_team(tx, values["team_id"], "/team_id")
    if "email" in values:
        values["email_key"] = fold(values["email"])
        holder = await queries.user_id_of(tx, email_key=values["email_key"])
        if holder not in (None, None if row is None else row["id"]):
            raise Conflict("This e-mail is taken by another user")
    return values


async def _write(tx: Unit, viewer: Viewer, row: Row, values: dict[str, Any]) -> None:
    changed = {name: value for name, value in values.items() if row[name] != value}
    if not changed:
        return
    if changed.get("active") is False or "role" in changed:
        await _demand_admin_left(tx, row, changed)
    reads_now = "role" in changed and await queries.only_reads(tx, changed["role"])
    if changed.get("active") is False or reads_now:
        await _demand_nothing_his(tx, row)
    version = row["version"] + 1
    await tx.run(
        update(app_user)
        .where(app_user.c.id == row["id"])
        .values(**changed, version=version, updated_at=tx.written_at)
    )
    await announce(tx, viewer, "updated", "user", row["id"], version, differences(row, changed))
    if {"password_hash", "active", "role"} & changed.keys():
        await end_sessions(tx, row["id"])


async def _demand_admin_left(tx: Unit, row: Row, changed: dict[str, Any]) -> None:
    admins = await queries.admin_roles(tx)
    will = {**row, **changed}
    was = row["active"] and row["role"] in admins
    stays = will["active"] and will["role"] in admins
    if was and not stays and not await queries.other_admins(tx, row["id"]):
        raise Conflict("This is the last active admin; make another one first")


async def _demand_nothing_his(tx: Unit, row: Row) -> None:
    his = await belongings.count(tx, row["id"])
    if any(his.values()):
        raise Conflict(
            f"{row['name']} still has open or waiting cards ({his['cards']}), clients"
            f" ({his['clients']}) and running agreements ({his['agreements']});"
            " say whom they go to",
            **his,
            suggested_action="send hand_over_to along, or transfer them one by one",
        )
