"""Reading teams and those who may lead them."""

from datetime import datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import select

from backend.db.models import app_user, role, team, team_head
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Unit
from backend.domain.users.schemas import Team, TeamFilters, Teams
from backend.errors import NotFound, pointed

SORTS = {
    "id": SortKey(team.c.id, int),
    "created_at": SortKey(team.c.created_at, datetime),
    "updated_at": SortKey(team.c.updated_at, datetime),
}


async def _teams(tx: Unit, rows: list[Any]) -> list[Team]:
    heads: dict[int, list[int]] = {row["id"]: [] for row in rows}
    query = select(team_head).where(team_head.c.team_id.in_(heads)).order_by(team_head.c.user_id)
    for row in await tx.rows(query):
        heads[row["team_id"]].append(row["user_id"])
    names = [name for name in Team.__struct_fields__ if name != "heads"]
    return [Team(**{name: row[name] for name in names}, heads=heads[row["id"]]) for row in rows]


async def teams(tx: Unit, filters: TeamFilters) -> Teams:
    """A page of the teams."""
    query = select(team)
    if filters.external_id is not None:
        query = query.where(team.c.external_id == filters.external_id)
    if filters.updated_since is not None:
        query = query.where(team.c.updated_at >= filters.updated_since)
    found = await fetch(tx, query, Paging.asked(filters), SORTS, team.c.id)
    total = UNSET if found.total is None else found.total
    items = await _teams(tx, found.rows)
    return Teams(items=items, next_cursor=found.next_cursor, total=total)


async def one_team(
    tx: Unit, team_id: int, pointer: str | None = None, *, lock: bool = False
) -> Team:
    """One team; NotFound, naming the field that a body gave it in."""
    query = select(team).where(team.c.id == team_id)
    rows = await tx.rows(query.with_for_update() if lock else query)
    if not rows:
        said = "There is no such team"
        raise NotFound(said) if pointer is None else pointed(said, pointer, NotFound)
    return (await _teams(tx, rows))[0]


async def team_id_of(tx: Unit, **named: str) -> int | None:
    """Which team has this name, or this external_id."""
    where = [team.c[name] == value for name, value in named.items()]
    found: int | None = await tx.scalar(select(team.c.id).where(*where))
    return found


async def leaders(tx: Unit, user_ids: list[int]) -> set[int]:
    """Those of some users who are active and whose role reaches a team."""
    query = (
        select(app_user.c.id)
        .join(role, role.c.key == app_user.c.role)
        .where(app_user.c.id.in_(user_ids), app_user.c.active, role.c.writes.in_(("team", "all")))
    )
    return set((await tx.run(query)).scalars())
