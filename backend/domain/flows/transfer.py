"""Giving a client to another owner, with everything of the old one's that is under way."""

from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.agreements import actions as agreements
from backend.domain.cards import queries as cards
from backend.domain.clients import actions as client_actions
from backend.domain.clients import queries as clients
from backend.domain.moves import edits
from backend.domain.moves.kinds import DOORS
from backend.domain.tasks.steps import actions as tasks
from backend.domain.users.queries import demand_writing
from backend.domain.versions import demand_version


async def transfer_client(
    tx: Unit, viewer: Viewer, client_id: int, owner_id: int, note: str | None, if_match: int | None
) -> int:
    """Give a client away; his new version.

    His open and waiting cards, his running agreements and the open tasks about these and him go
    along where they belong to the old owner; what is closed or somebody else's stays.
    """
    await clients.hold_cards(tx, viewer, client_id)
    row = await clients.locked(tx, viewer, client_id)
    access.demand_edit(viewer, row["owner_id"], "client")
    demand_version(row["version"], if_match)
    await demand_writing(tx, owner_id)
    access.demand_gift(viewer, owner_id)
    old = row["owner_id"]
    if owner_id == old:
        return int(row["version"])
    for found in await clients.pending_cards(tx, client_id, old):
        held = await cards.locked_any(tx, DOORS[found["kind"]].kind.table, found["id"])
        await edits.hand_over(tx, viewer, held, owner_id, note)
    for agreement_id in await clients.running_agreements(tx, client_id, old):
        await agreements.change(tx, viewer, agreement_id, owner_id=owner_id)
    await tasks.hand_over(tx, viewer, old, owner_id, client_id=client_id)
    return await client_actions.give(tx, viewer, row, owner_id)
