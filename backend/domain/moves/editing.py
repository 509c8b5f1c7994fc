"""Writing a card without moving it: fields, a new owner, deletion and its way back."""

from collections.abc import Mapping
from typing import Any

from backend.db.session import Unit
from backend.domain import access, versions
from backend.domain.access import Viewer
from backend.domain.agreements import actions as agreements
from backend.domain.agreements import queries as agreement_queries
from backend.domain.cards import actions as cards
from backend.domain.cards import queries as card_queries
from backend.domain.cards.events import queries as card_events
from backend.domain.clients import queries as clients
from backend.domain.feed.actions import announce
from backend.domain.moves import winning_back
from backend.domain.moves.kinds import BEHAVIOURS
from backend.domain.moves.references import demand_references
from backend.domain.moves.undoing import UNDO_WITHIN
from backend.domain.stages import EventKind, State
from backend.domain.tasks.steps import actions as tasks
from backend.domain.users.owners import demand_at_work
from backend.domain.users.queries import demand_writing
from backend.errors import Conflict


async def edit(
    tx: Unit, viewer: Viewer, kind: str, card_id: int, fields: Any, if_match: int | None
) -> int:
    """Write the given fields of a card; its new version (the old one where nothing changes)."""
    behaviour = BEHAVIOURS[kind]
    row = await card_queries.locked(tx, viewer, behaviour.kind.table, card_id)
    access.demand_edit(viewer, row["owner_id"], kind)
    versions.demand_version(row["version"], if_match)
    written = await behaviour.prepare(tx, fields, row)
    await demand_references(tx, viewer, written, row)
    edited = cards.edited(row, written)
    if not edited:
        return int(row["version"])
    values = {**written.card, **cards.touched(tx, viewer, row)}
    version = await cards.save(tx, row, behaviour.kind.table, values, written.special)
    await behaviour.write_lines(tx, card_id, written)
    await cards.record(
        tx,
        viewer,
        card_id,
        row["last_seq"] + 1,
        EventKind.EDITED,
        {**row, **values},
        changes=edited,
    )
    changes = cards.logged(row, {**values, **written.special}, edited)
    await announce(tx, viewer, "updated", kind, card_id, version, changes)
    return version


async def opened(tx: Unit, viewer: Viewer, kind: str, card_id: int) -> None:
    """Take the mark of a hand-over away where it is the new owner who has opened the card."""
    table = BEHAVIOURS[kind].kind.table
    row = await card_queries.locked(tx, viewer, table, card_id)
    if row["handed_over_at"] is None or row["owner_id"] != viewer.user_id:
        return
    unmarked = {"handed_over_at": None, "handed_over_by_id": None}
    version = await cards.save(tx, row, table, unmarked, {}, seq=0)
    await announce(tx, viewer, "updated", kind, card_id, version, [])


async def transfer(
    tx: Unit,
    viewer: Viewer,
    kind: str,
    card_id: int,
    owner_id: int,
    note: str | None,
    if_match: int | None,
) -> int:
    """Give a card to another owner; it is marked as new to him until he does something with it."""
    behaviour = BEHAVIOURS[kind]
    row = await card_queries.locked(tx, viewer, behaviour.kind.table, card_id)
    access.demand_edit(viewer, row["owner_id"], kind)
    versions.demand_version(row["version"], if_match)
    await demand_writing(tx, owner_id)
    access.demand_gift(viewer, owner_id)
    if owner_id == row["owner_id"]:
        return int(row["version"])
    return await _give(tx, viewer, row, owner_id, note)


async def take_back(tx: Unit, viewer: Viewer, kind: str, card_id: int, if_match: int | None) -> int:
    """Give a card back to the owner from whom the caller has just handed it over.

    He need not see it any more: it was his to give. Conflict when the new owner has opened or
    changed it, and after 10 minutes.
    """
    (last,) = await card_events.last_events(tx, card_id, 1) or [{}]
    own = last.get("event") == EventKind.TRANSFERRED and last["actor_id"] == viewer.user_id
    eyes = access.by_the_product(viewer) if own else viewer
    row = await card_queries.locked(tx, eyes, BEHAVIOURS[kind].kind.table, card_id)
    versions.demand_version(row["version"], if_match)
    marked = row["state"] != State.OPEN or row["handed_over_by_id"] == viewer.user_id
    if not own or not marked:
        raise Conflict("There is nothing to take back: something was done with this card since")
    if tx.now - last["at"] > UNDO_WITHIN:
        raise Conflict("A card can be taken back for 10 minutes; hand it over again instead")
    (former,) = (one["before"] for one in last["changes"] if one["field"] == "owner_id")
    await demand_writing(tx, former)
    return await _give(tx, viewer, row, former, None, is_new=False)


async def _give(
    tx: Unit,
    viewer: Viewer,
    row: Mapping[str, Any],
    owner_id: int,
    note: str | None,
    *,
    is_new: bool = True,
) -> int:
    version = await hand_over(tx, viewer, row, owner_id, note, is_new=is_new)
    if row["kind"] == "renewal" and row["pending"]:
        await _give_agreement(tx, viewer, row, owner_id)
    return version


async def _give_agreement(tx: Unit, viewer: Viewer, row: Mapping[str, Any], owner_id: int) -> None:
    """A pending renewal takes its agreement along where both belong to one owner."""
    agreed = await agreement_queries.locked_any(tx, row["agreement_id"])
    if agreed["owner_id"] == row["owner_id"]:
        await agreements.change(tx, viewer, row["agreement_id"], owner_id=owner_id)


async def hand_over(
    tx: Unit,
    viewer: Viewer,
    row: Mapping[str, Any],
    owner_id: int,
    note: str | None,
    *,
    is_new: bool = True,
) -> int:
    """Write the new owner of a card, with the old one's open tasks.

    Waiting and closed cards pass without a mark, and those that he knows.
    """
    marked = is_new and row["state"] == State.OPEN and viewer.user_id is not None
    values = {
        "owner_id": owner_id,
        "handed_over_at": tx.now if marked else None,
        "handed_over_by_id": viewer.user_id if marked else None,
    }
    version = await cards.save(tx, row, BEHAVIOURS[row["kind"]].kind.table, values, {})
    await cards.record(
        tx, viewer, row["id"], row["last_seq"] + 1, EventKind.TRANSFERRED, row, comment=note,
        changes=cards.changes(row, {"owner_id": owner_id}),
    )  # fmt: skip
    await tasks.hand_over(tx, viewer, row["owner_id"], owner_id, card_id=row["id"])
    changes = cards.logged(row, values)
    await announce(tx, viewer, "transferred", row["kind"], row["id"], version, changes)
    return version


async def delete(tx: Unit, viewer: Viewer, kind: str, card_id: int, if_match: int | None) -> None:
    """Delete a card softly; Conflict for a renewal that its running agreement needs."""
    behaviour = BEHAVIOURS[kind]
    row = await card_queries.locked(tx, viewer, behaviour.kind.table, card_id)
    access.demand_edit(viewer, row["owner_id"], kind)
    versions.demand_version(row["version"], if_match)
    if kind == "renewal" and row["pending"]:
        raise Conflict(
            "This renewal belongs to a running agreement; close it with a reason instead",
            suggested_action="POST /renewals/{id}/move to the lost stage with reason_id",
        )
    version = await cards.save(tx, row, behaviour.kind.table, {"deleted_at": tx.now}, {})
    await cards.record(tx, viewer, card_id, row["last_seq"] + 1, EventKind.DELETED, row)
    await tasks.settle(tx, viewer, card_id, None)
    changes = cards.logged(row, {"deleted_at": tx.now})
    await announce(tx, viewer, "deleted", kind, card_id, version, changes)


async def restore(tx: Unit, viewer: Viewer, kind: str, card_id: int) -> int:
    """Bring a deleted card back as it was; the rights are checked anew."""
    behaviour = BEHAVIOURS[kind]
    row = await card_queries.locked(tx, viewer, behaviour.kind.table, card_id, deleted=True)
    access.demand_edit(viewer, row["owner_id"], kind)
    if row["deleted_at"] is None:
        return int(row["version"])
    if kind == "renewal" and row["withdrawn_at"] is not None:
        raise Conflict("This renewal was taken back by an undo; win the earlier one again instead")
    await clients.demand_living(tx, row["client_id"])
    if row["state"] == State.OPEN:
        await demand_at_work(tx, row)
        await winning_back.demand_alone(tx, viewer, row)
    version = await cards.save(tx, row, behaviour.kind.table, {"deleted_at": None}, {})
    await cards.record(tx, viewer, card_id, row["last_seq"] + 1, EventKind.RESTORED, row)
    changes = cards.logged(row, {"deleted_at": None})
    await announce(tx, viewer, "restored", kind, card_id, version, changes)
    return version
