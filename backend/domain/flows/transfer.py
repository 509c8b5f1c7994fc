"""Giving a client to another owner with what is under way, and taking all of it back."""

from itertools import groupby

from backend.db.session import Row, Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.agreements import actions as agreements
from backend.domain.agreements import queries as agreement_queries
from backend.domain.cards import queries as cards
from backend.domain.clients import actions as client_actions
from backend.domain.clients import queries as clients
from backend.domain.feed import queries as feed
from backend.domain.moves import batch, editing
from backend.domain.moves.kinds import BEHAVIOURS
from backend.domain.moves.undoing import UNDO_WITHIN
from backend.domain.tasks.steps import actions as tasks
from backend.domain.users.queries import demand_writing
from backend.domain.versions import demand_version
from backend.errors import Conflict, DomainError


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
        held = await cards.locked_any(tx, BEHAVIOURS[found["kind"]].kind.table, found["id"])
        await editing.hand_over(tx, viewer, held, owner_id, note)
    for agreement_id in await clients.running_agreements(tx, client_id, old):
        await agreements.change(tx, viewer, agreement_id, owner_id=owner_id)
    await tasks.hand_over(tx, viewer, old, owner_id, client_id=client_id)
    return await client_actions.give(tx, viewer, row, owner_id)


async def take_back_client(tx: Unit, viewer: Viewer, client_id: int, if_match: int | None) -> int:
    """Take back a client whom the caller has just given away, with all that went along.

    He need not see him any more: he was his to give. Conflict where the new owner has opened or
    changed something of it, and after 10 minutes; then nothing comes back.
    """
    eyes = access.by_the_product(viewer)
    await clients.hold_cards(tx, eyes, client_id)
    row = await clients.locked(tx, eyes, client_id)
    given = await feed.entry(tx, "client", client_id, row["version"])
    if given is None or given["type"] != "client.transferred" or not _own(viewer, given):
        await clients.demand_readable(tx, viewer, client_id)
        raise Conflict("There is nothing to take back: something was done with this client since")
    demand_version(row["version"], if_match)
    if tx.now - given["at"] > UNDO_WITHIN:
        raise Conflict("A client can be taken back for 10 minutes; hand him over again instead")
    (former,) = (one["before"] for one in given["changes"] if one["field"] == "owner_id")
    await demand_writing(tx, former)
    await _take_agreements(tx, viewer, client_id, given, former)
    await _take_cards(tx, viewer, client_id, given)
    await tasks.hand_over(tx, viewer, row["owner_id"], former, client_id=client_id)
    return await client_actions.give(tx, viewer, row, former)


def _own(viewer: Viewer, entry: Row) -> bool:
    return entry["actor_id"] is not None and entry["actor_id"] == viewer.user_id


async def _take_agreements(
    tx: Unit, viewer: Viewer, client_id: int, given: Row, former: int
) -> None:
    ids = await clients.agreements_of(tx, client_id)
    for agreement_id, version in (
        await feed.beside(tx, given, "agreement", "updated", ids)
    ).items():
        row = await agreement_queries.locked_any(tx, agreement_id)
        if row["version"] != version:
            raise Conflict(
                f"The agreement “{row['title']}” was changed since; take that back first",
                record={"kind": "agreement", "id": agreement_id},
            )
        await agreements.change(tx, viewer, agreement_id, owner_id=former)


async def _take_cards(tx: Unit, viewer: Viewer, client_id: int, given: Row) -> None:
    held = sorted((row["kind"], row["id"]) for row in await clients.cards_of(tx, client_id))
    for kind, group in groupby(held, key=lambda one: one[0]):
        ids = [card_id for _, card_id in group]
        for card_id in sorted(await feed.beside(tx, given, kind, "transferred", ids)):
            try:
                await editing.take_back(tx, viewer, kind, card_id, None)
            except DomainError as error:
                raise batch.named(kind, card_id, viewer, error) from None
