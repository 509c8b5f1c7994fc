"""Reading to whom records may be handed over."""

from sqlalchemy import select

from backend.db.models import app_user, role
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.users.schemas import Recipient


async def recipients(tx: Unit, viewer: Viewer, owner_id: int | None = None) -> list[Recipient]:
    """To whom the viewer may give what belongs to somebody, or to several people."""
    query = (
        select(app_user.c.id, app_user.c.name)
        .join(role, role.c.key == app_user.c.role)
        .where(app_user.c.active, role.c.writes != "none")
        .order_by(app_user.c.name, app_user.c.id)
    )
    if owner_id is not None:
        query = query.where(app_user.c.id != owner_id)
    if viewer.writes == "team":
        query = query.where(app_user.c.id.in_(viewer.people))
    return [Recipient(**row) for row in await tx.rows(query)]


async def recipient_name(tx: Unit, viewer: Viewer, owner_id: int) -> str:
    """What somebody is called to whom the viewer may give; empty where he may not."""
    found = await recipients(tx, viewer)
    return next((one.name for one in found if one.id == owner_id), "")
