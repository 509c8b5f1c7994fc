"""Writing teams and who leads them."""

from typing import Any

from msgspec import to_builtins
from sqlalchemy import delete, insert, update

from backend.db.models import team, team_head
from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.feed.actions import announce
from backend.domain.feed.rules import differences
from backend.domain.texts import given
from backend.domain.upserts import upsert
from backend.domain.users.schemas import TeamCreate, TeamFields
from backend.domain.users.teams import queries
from backend.domain.versions import demand_version
from backend.errors import Conflict, NotAcceptable, pointed


async def create_team(tx: Unit, viewer: Viewer, fields: TeamCreate) -> int:
    """Make a team; its id."""
    access.demand_settings(viewer)
    values = given(fields)
    heads = values.pop("heads", [])
    await _demand_free(tx, values, None)
    await _demand_leaders(tx, heads)
    row = {**values, "version": 1, "created_at": tx.now, "updated_at": tx.written_at}
    team_id: int = await tx.scalar(insert(team).returning(team.c.id), row)
    await _lead(tx, team_id, heads)
    changes = differences({}, {**values, "heads": sorted(heads)})
    await announce(tx, viewer, "created", "team", team_id, 1, changes)
    return team_id


async def edit_team(
    tx: Unit, viewer: Viewer, team_id: int, fields: TeamFields, if_match: int | None
) -> None:
    """Write the given fields of a team; nothing where they say what is there."""
    access.demand_settings(viewer)
    row = await queries.one_team(tx, team_id, lock=True)
    demand_version(row.version, if_match)
    values = given(fields)
    heads = values.pop("heads", row.heads)
    await _demand_free(tx, values, team_id)
    await _demand_leaders(tx, [found for found in heads if found not in row.heads])
    same = all(getattr(row, name) == value for name, value in values.items())
    if same and set(heads) == set(row.heads):
        return
    version = row.version + 1
    await tx.run(
        update(team)
        .where(team.c.id == team_id)
        .values(**values, version=version, updated_at=tx.written_at)
    )
    await _lead(tx, team_id, heads)
    before = {**to_builtins(row), "heads": sorted(row.heads)}
    changes = differences(before, {**values, "heads": sorted(heads)})
    await announce(tx, viewer, "updated", "team", team_id, version, changes)


async def upsert_team(
    tx: Unit, viewer: Viewer, external_id: str, fields: TeamFields, if_match: int | None = None
) -> tuple[int, bool]:
    """Make the team that another system calls so, or merge into it; its id, whether it is new."""
    access.demand_settings(viewer)
    return await upsert(
        tx, external_id, fields,
        lambda name: queries.team_id_of(tx, external_id=name),
        lambda named: _make(tx, viewer, named),
        lambda team_id, named: edit_team(tx, viewer, team_id, named, if_match),
    )  # fmt: skip


async def _make(tx: Unit, viewer: Viewer, fields: TeamFields) -> int:
    values = given(fields)
    if "name" not in values:
        raise pointed("a new team needs a name", "/name")
    return await create_team(tx, viewer, TeamCreate(**values))


async def _demand_free(tx: Unit, values: dict[str, Any], team_id: int | None) -> None:
    if "name" in values:
        holder = await queries.team_id_of(tx, name=values["name"])
        if holder not in (None, team_id):
            raise Conflict("There is a team of this name already")


async def _demand_leaders(tx: Unit, heads: list[int]) -> None:
    able = await queries.leaders(tx, heads)
    for place, user_id in enumerate(heads):
        if user_id not in able:
            raise pointed(
                f"user {user_id} cannot lead a team: an active user with the role of a head can",
                f"/heads/{place}",
                NotAcceptable,
            )


async def _lead(tx: Unit, team_id: int, heads: list[int]) -> None:
    await tx.run(delete(team_head).where(team_head.c.team_id == team_id))
    rows = [{"team_id": team_id, "user_id": user_id} for user_id in sorted(set(heads))]
    if rows:
        await tx.run(insert(team_head), rows)
