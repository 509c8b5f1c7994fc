"""Reading users, their rights and the company they work for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET, structs
from sqlalchemy import BindParameter, ColumnElement, Select, Table, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.base import Instant
from backend.db.models import api_token, app_user, company, role, team, team_head
from backend.db.page import Paging, SortKey, fetch
from backend.db.prepared import Prepared
from backend.db.session import Row, Unit
from backend.domain.access import CLOSED, DIRECT, Company, Origin, Viewer, numbers, system
from backend.domain.texts import fold
from backend.domain.users.schemas import (
    Me,
    MyCompany,
    MyTeam,
    RoleOut,
    Roles,
    User,
    UserFilters,
    Users,
)
from backend.errors import Forbidden, NotFound, pointed

USER_SORTS = {
    "id": SortKey(app_user.c.id, int),
    "email": SortKey(app_user.c.email_key, str),
    "created_at": SortKey(app_user.c.created_at, datetime),
    "updated_at": SortKey(app_user.c.updated_at, datetime),
}

# Held active until the transaction ends: a deactivation meanwhile waits and counts anew.
_ACTIVE = (
    select(app_user.c.active, role.c.writes)
    .join(role, role.c.key == app_user.c.role)
    .where(app_user.c.id == bindparam("user_id"))
    .with_for_update(of=app_user, read=True, key_share=True)
)
_COMPANY = tuple(company.c[name].label(f"c_{name}") for name in Company.__struct_fields__)
_PERSON = (
    *(app_user.c[name] for name in ("id", "name", "team_id", "locale")),
    role.c.key.label("role"),
    *(role.c[name] for name in ("reads", "writes", "settings")),
    CLOSED.label("closed"),
    *_COMPANY,
)


def behind(key: Table, *columns: ColumnElement[Any]) -> Select[Any]:
    """The active user behind each row of what opens the door, with his rights and company."""
    return (
        select(*columns, *_PERSON)
        .select_from(key)
        .join(app_user, app_user.c.id == key.c.user_id)
        .join(role, role.c.key == app_user.c.role)
        .join(company, company.c.id == 1)
        .where(app_user.c.active)
    )


def unexpired(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """A token whose last hour has not struck."""
    return or_(api_token.c.expires_at.is_(None), api_token.c.expires_at > now)


_BY_TOKEN = Prepared(
    behind(api_token, api_token.c.id.label("token_id"), api_token.c.scopes).where(
        api_token.c.hash == bindparam("hash"),
        api_token.c.revoked_at.is_(None),
        unexpired(bindparam("now", type_=Instant)),
    )
)


def _company(row: Any) -> Company:
    return Company(**{name: row[f"c_{name}"] for name in Company.__struct_fields__})


async def viewer_by_token(conn: AsyncConnection, token_hash: str, now: datetime) -> Viewer | None:
    """The caller behind a token that is neither revoked nor expired and whose user is active."""
    found = (await _BY_TOKEN.ask(conn, {"hash": token_hash, "now": now})).rows
    if not found:
        return None
    (row,) = found
    viewer = await viewer_from(conn, row, tuple(row["scopes"]))
    return structs.replace(viewer, actor="token", token_id=row["token_id"])


async def viewer_from(conn: AsyncConnection, row: Row, scopes: tuple[str, ...]) -> Viewer:
    """The caller whom `behind` has found, and the people whom his role covers."""
    people: tuple[int, ...] = (row["id"],)
    if "team" in (row["reads"], row["writes"]):
        people = await _people(conn, row["id"], row["team_id"])
    return Viewer(
        user_id=row["id"], name=row["name"], role=row["role"], reads=row["reads"],
        writes=row["writes"], settings=row["settings"], people=people, scopes=scopes,
        company=_company(row), locale=row["locale"], closed=numbers(row["closed"]),
    )  # fmt: skip


async def _people(conn: AsyncConnection, user_id: int, team_id: int | None) -> tuple[int, ...]:
    """Everybody in the teams of a head, himself among them."""
    led = select(team_head.c.team_id).where(team_head.c.user_id == user_id)
    covered: list[ColumnElement[bool]] = [app_user.c.id == user_id, app_user.c.team_id.in_(led)]
    if team_id is not None:
        covered.append(app_user.c.team_id == team_id)
    query = select(app_user.c.id).where(or_(*covered))
    return tuple((await conn.execute(query.order_by(app_user.c.id))).scalars())


async def the_company(conn: AsyncConnection) -> Company:
    """The company's settings."""
    row = (await conn.execute(select(*_COMPANY))).mappings().one()
    return _company(row)


async def hold_company(tx: Unit) -> None:
    """Do what follows one after the other, however many want to."""
    await tx.run(select(company.c.id).with_for_update())


async def as_system(
    tx: Unit,
    actor: str,
    user_id: int | None = None,
    name: str = "",
    origin: Origin = DIRECT,
) -> Viewer:
    """The worker, an import or a command, with the company's settings."""
    return system(await the_company(tx.conn), actor, user_id, name, origin)


async def demand_active(tx: Unit, user_id: int, pointer: str = "/owner_id") -> str:
    """The reach of a user's writes; NotFound, or Forbidden where he is not active any more.

    He is held active until the transaction ends: a deactivation meanwhile waits and counts anew.
    """
    user = await tx.once(
        ("user", user_id), "active", lambda: tx.first(_ACTIVE, {"user_id": user_id})
    )
    if user is None:
        raise pointed("There is no such user", pointer, NotFound)
    if not user["active"]:
        raise pointed("This user is not active; choose another owner", pointer, Forbidden)
    return str(user["writes"])


async def demand_writing(tx: Unit, user_id: int, pointer: str = "/owner_id") -> None:
    """As `demand_active`; Forbidden also where the user only reads, and could own nothing."""
    if await demand_active(tx, user_id, pointer) == "none":
        raise pointed("This user only reads; choose another owner", pointer, Forbidden)


def _user(row: Mapping[str, Any]) -> User:
    return User(**{name: row[name] for name in User.__struct_fields__})


async def users(tx: Unit, filters: UserFilters) -> Users:
    """A page of the users, active or not."""
    query = select(app_user)
    for name in ("role", "team_id", "active", "external_id"):
        if getattr(filters, name) is not None:
            query = query.where(app_user.c[name] == getattr(filters, name))
    if filters.email is not None:
        query = query.where(app_user.c.email_key == fold(filters.email))
    if filters.updated_since is not None:
        query = query.where(app_user.c.updated_at >= filters.updated_since)
    found = await fetch(tx, query, Paging.asked(filters), USER_SORTS, app_user.c.id)
    total = UNSET if found.total is None else found.total
    items = [_user(row) for row in found.rows]
    return Users(items=items, next_cursor=found.next_cursor, total=total)


async def user(tx: Unit, user_id: int) -> User:
    """One user; NotFound."""
    row = await tx.first(select(app_user).where(app_user.c.id == user_id))
    if row is None:
        raise NotFound("There is no such user")
    return _user(row)


async def locked_user(tx: Unit, user_id: int) -> Row:
    """A user, locked so that nothing can be made his meanwhile; NotFound."""
    row = await tx.first(select(app_user).where(app_user.c.id == user_id).with_for_update())
    if row is None:
        raise NotFound("There is no such user")
    return row


async def user_id_of(tx: Unit, **named: str) -> int | None:
    """Who has this external_id, or this e-mail (as `email_key`, folded)."""
    where = [app_user.c[name] == value for name, value in named.items()]
    found: int | None = await tx.scalar(select(app_user.c.id).where(*where))
    return found


async def admin_roles(tx: Unit) -> set[str]:
    """The roles that may change settings."""
    return set((await tx.run(select(role.c.key).where(role.c.settings))).scalars())


async def only_reads(tx: Unit, role_key: str) -> bool:
    """Whether whoever has a role writes nothing."""
    return bool(await tx.scalar(select(role.c.writes == "none").where(role.c.key == role_key)))


async def other_admins(tx: Unit, user_id: int) -> int:
    """How many active admins there are besides one; all of them are locked."""
    query = (
        select(app_user.c.id)
        .join(role, role.c.key == app_user.c.role)
        .where(role.c.settings, app_user.c.active)
        .order_by(app_user.c.id)
        .with_for_update(of=app_user)
    )
    return len([found for found in (await tx.run(query)).scalars() if found != user_id])


async def me(tx: Unit, viewer: Viewer) -> Me:
    """The caller, his rights and his company."""
    query = (
        select(
            *app_user.c,
            *(role.c[name] for name in ("reads", "writes", "settings")),
            team.c.name.label("team_name"),
            *(company.c[name].label(f"c_{name}") for name in MyCompany.__struct_fields__),
        )
        .join(role, role.c.key == app_user.c.role)
        .outerjoin(team, team.c.id == app_user.c.team_id)
        .join(company, company.c.id == 1)
        .where(app_user.c.id == viewer.user_id)
    )
    row = await tx.first(query)
    if row is None:
        raise NotFound("There is no such user")
    own = MyCompany(**{name: row[f"c_{name}"] for name in MyCompany.__struct_fields__})
    given = ("scopes", "company", "team")
    return Me(
        **{name: row[name] for name in Me.__struct_fields__ if name not in given},
        scopes=list(viewer.scopes),
        company=own,
        team=None if row["team_id"] is None else MyTeam(row["team_id"], row["team_name"]),
    )


async def role_of(tx: Unit, user_id: int) -> Row:
    """The rights that a user's role gives him."""
    query = select(role).join(app_user, app_user.c.role == role.c.key)
    row = await tx.first(query.where(app_user.c.id == user_id))
    assert row is not None
    return row


async def roles(tx: Unit, viewer: Viewer) -> Roles:
    """All roles, from the narrowest to the widest."""
    query = select(role).order_by(role.c.settings, role.c.writes, role.c.key)
    items = [
        RoleOut(
            key=row["key"], name=row[f"name_{viewer.company.locale}"], reads=row["reads"],
            writes=row["writes"], settings=row["settings"],
        )
        for row in await tx.rows(query)
    ]  # fmt: skip
    return Roles(items, None)


async def letterhead(tx: Unit) -> Row:
    """The company's name, and its details as they stand on offers and invoices."""
    row = await tx.first(select(company.c.name, company.c.details).where(company.c.id == 1))
    assert row is not None
    return row
