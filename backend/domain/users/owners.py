"""Whose a new record is."""

from msgspec import UNSET, UnsetType

from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.users.queries import demand_writing
from backend.errors import Conflict


async def owner_of(tx: Unit, viewer: Viewer, given: int | UnsetType | None) -> int:
    """Who a new record belongs to; Forbidden, or NotFound for an unknown user."""
    if given is UNSET or given is None or given == viewer.user_id:
        if viewer.user_id is None:
            raise Conflict("Say whose it is: owner_id")
        access.demand_owner_choice(viewer, viewer.user_id)
        return viewer.user_id
    await demand_writing(tx, given)
    access.demand_owner_choice(viewer, given)
    return given
