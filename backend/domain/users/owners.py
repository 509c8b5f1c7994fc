"""Whose a new record is, and whether somebody is there for one that comes back."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType

from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.users.queries import demand_writing
from backend.errors import Conflict, DomainError


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


async def is_at_work(tx: Unit, user_id: int) -> bool:
    """Whether a user can look after what is his; until we end, that stays so."""
    try:
        await demand_writing(tx, user_id)
    except DomainError:
        return False
    return True


async def demand_at_work(tx: Unit, row: Mapping[str, Any]) -> None:
    """Conflict where a card that is about to be open again belongs to somebody who has gone."""
    if not await is_at_work(tx, row["owner_id"]):
        raise Conflict(
            "Nobody would look after this card: its owner has gone, or only reads; hand it over"
            " first",
            suggested_action=f"POST /{row['kind']}s/{row['id']}/transfer",
        )
