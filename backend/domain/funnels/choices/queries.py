"""Reading what reports can be narrowed to: pipelines, people, teams, products, reasons."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import select

from backend.db.models import app_user, pipeline, product, reason, team
from backend.db.session import Unit
from backend.domain.access import Viewer, owned, sees_pipeline
from backend.domain.texts import fold, like

FEW = 50  # what is listed at once; among more one searches


class Home(Struct, frozen=True):
    """A pipeline that there are reports about."""

    id: int
    key: str
    kind: str
    name: str


class Named(Struct, frozen=True):
    """Somebody whose cards the viewer sees, a team of such people, a product, a reason."""

    id: int
    name: str


class Options(Struct, frozen=True, kw_only=True):
    """Some of what a filter can be, and what it is; `many` says that there is more to search in."""

    items: list[Named]
    chosen: Named | None
    many: bool


class Choices(Struct, frozen=True):
    """What there is to choose from; one person alone is no choice."""

    pipelines: list[Home]
    owners: list[Named]
    teams: list[Named]


async def choices(tx: Unit, viewer: Viewer) -> Choices:
    """The active pipelines, and the active people whom the viewer's reading covers."""
    p, u = pipeline.c, app_user.c
    homes = select(p.id, p.key, p.kind, p[f"name_{viewer.company.locale}"]).where(
        p.active, sees_pipeline(viewer, p.id)
    )
    own = u.active, owned(viewer, u.id)
    people = select(u.id, u.name).where(*own).order_by(u.name, u.id)
    teams = select(team.c.id, team.c.name).where(team.c.id.in_(select(u.team_id).where(*own)))
    return Choices(
        [Home(*row) for row in await tx.run(homes.order_by(p.kind, p.position, p.id))],
        [Named(*row) for row in await tx.run(people)],
        [Named(*row) for row in await tx.run(teams.order_by(team.c.name, team.c.id))],
    )


def among(everything: Sequence[Named], sought: str, chosen: int | None) -> Options:
    """All of them where they are few, else those whose names hold what is sought."""
    many = len(everything) > FEW
    found = [one for one in everything if fold(sought) in fold(one.name)] if many else everything
    return Options(
        items=list(found[:FEW]), chosen=next((o for o in everything if o.id == chosen), None),
        many=many,
    )  # fmt: skip


async def products(tx: Unit, sought: str, chosen: int | None) -> Options:
    """The products there are, by name; the chosen one may be gone."""
    c = product.c
    query = select(c.id, c.name).where(c.deleted_at.is_(None)).order_by(c.name_key, c.id)
    some = [Named(*row) for row in await tx.run(query.limit(FEW + 1))]
    many = len(some) > FEW
    if many and sought:
        named = query.where(c.name_key.like(like(sought), escape="\\")).limit(FEW)
        some = [Named(*row) for row in await tx.run(named)]
    picked = next((one for one in some if one.id == chosen), None)
    if chosen is not None and picked is None:
        row = (await tx.run(select(c.id, c.name).where(c.id == chosen))).first()
        picked = None if row is None else Named(*row)
    return Options(items=some[:FEW], chosen=picked, many=many)


async def reasons(tx: Unit, viewer: Viewer, home: str, sought: str, chosen: int | None) -> Options:
    """The reasons for which cards of a pipeline are lost, and the chosen one of whichever."""
    r, p = reason.c, pipeline.c
    name = r[f"name_{viewer.company.locale}"]
    query = select(r.id, name, p.key).join(pipeline, p.id == r.pipeline_id)
    wanted = query.where(
        r.use == "lost", (p.key == home) | (r.id == chosen), sees_pipeline(viewer, p.id)
    )
    rows = (await tx.run(wanted.order_by(r.position, r.id))).all()
    found = among([Named(*row[:2]) for row in rows if row[2] == home], sought, None)
    picked = next((Named(*row[:2]) for row in rows if row[0] == chosen), None)
    return Options(items=found.items, chosen=picked, many=found.many)
