"""Reading what reports can be narrowed to: pipelines, people, teams."""

from msgspec import Struct
from sqlalchemy import select

from backend.db.models import app_user, pipeline, team
from backend.db.session import Unit
from backend.domain.access import Viewer, owned


class Home(Struct, frozen=True):
    """A pipeline that there are reports about."""

    id: int
    key: str
    kind: str
    name: str


class Named(Struct, frozen=True):
    """Somebody whose cards the viewer sees, or a team of such people."""

    id: int
    name: str


class Choices(Struct, frozen=True):
    """What there is to choose from; one person alone is no choice."""

    pipelines: list[Home]
    owners: list[Named]
    teams: list[Named]


async def choices(tx: Unit, viewer: Viewer) -> Choices:
    """The active pipelines, and the active people whom the viewer's reading covers."""
    p, u = pipeline.c, app_user.c
    homes = select(p.id, p.key, p.kind, p[f"name_{viewer.company.locale}"]).where(p.active)
    own = u.active, owned(viewer, u.id)
    people = select(u.id, u.name).where(*own).order_by(u.name, u.id)
    teams = select(team.c.id, team.c.name).where(team.c.id.in_(select(u.team_id).where(*own)))
    return Choices(
        [Home(*row) for row in await tx.run(homes.order_by(p.kind, p.position, p.id))],
        [Named(*row) for row in await tx.run(people)],
        [Named(*row) for row in await tx.run(teams.order_by(team.c.name, team.c.id))],
    )
