"""Reading users, their rights and the company they work for."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.models import api_token, app_user, company, role, team_head
from backend.db.session import Unit
from backend.domain.access import Company, Viewer, system
from backend.errors import Forbidden, NotFound, pointed

_COMPANY = tuple(company.c[name].label(f"c_{name}") for name in Company.__struct_fields__)
_VIEWER = (
    select(
        api_token.c.id.label("token_id"),
        api_token.c.scopes,
        app_user.c.id,
        app_user.c.name,
        app_user.c.team_id,
        app_user.c.locale,
        role.c.key.label("role"),
        role.c.reads,
        role.c.writes,
        role.c.settings,
        *_COMPANY,
    )
    .select_from(api_token)
    .join(app_user, app_user.c.id == api_token.c.user_id)
    .join(role, role.c.key == app_user.c.role)
    .join(company, company.c.id == 1)
)


def _company(row: Any) -> Company:
    return Company(**{name: row[f"c_{name}"] for name in Company.__struct_fields__})


async def viewer_by_token(conn: AsyncConnection, token_hash: str, now: datetime) -> Viewer | None:
    """The caller behind a token that is neither revoked nor expired and whose user is active."""
    query = _VIEWER.where(
        api_token.c.hash == token_hash,
        api_token.c.revoked_at.is_(None),
        or_(api_token.c.expires_at.is_(None), api_token.c.expires_at > now),
        app_user.c.active,
    )
    row = (await conn.execute(query)).mappings().first()
    if row is None:
        return None
    people: tuple[int, ...] = (row["id"],)
    if "team" in (row["reads"], row["writes"]):
        people = await _people(conn, row["id"], row["team_id"])
    return Viewer(
        user_id=row["id"], name=row["name"], role=row["role"], reads=row["reads"],
        writes=row["writes"], settings=row["settings"], people=people, scopes=tuple(row["scopes"]),
        company=_company(row), actor="token", token_id=row["token_id"], locale=row["locale"],
    )  # fmt: skip


async def _people(conn: AsyncConnection, user_id: int, team_id: int | None) -> tuple[int, ...]:
    """Everybody in the teams of a head, himself among them."""
    led = select(team_head.c.team_id).where(team_head.c.user_id == user_id)
    in_team: ColumnElement[bool] = app_user.c.team_id.in_(led)
    query = select(app_user.c.id).where(
        or_(app_user.c.id == user_id, app_user.c.team_id == team_id, in_team)
    )
    return tuple((await conn.execute(query.order_by(app_user.c.id))).scalars())


async def the_company(conn: AsyncConnection) -> Company:
    """The company's settings."""
    row = (await conn.execute(select(*_COMPANY))).mappings().one()
    return _company(row)


async def as_system(tx: Unit, actor: str, user_id: int | None = None, name: str = "") -> Viewer:
    """The worker, an import or a command, with the company's settings."""
    return system(await the_company(tx.conn), actor, user_id, name)


async def demand_active(tx: Unit, user_id: int, pointer: str = "/owner_id") -> None:
    """NotFound where there is no such user, Forbidden where he is not active any more."""
    active = await tx.scalar(select(app_user.c.active).where(app_user.c.id == user_id))
    if active is None:
        raise pointed("There is no such user", pointer, NotFound)
    if not active:
        raise pointed("This user is not active; choose another owner", pointer, Forbidden)
