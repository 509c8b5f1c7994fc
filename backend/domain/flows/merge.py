"""Making one client of two: all that is the double's becomes the client's."""

from typing import Any

from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.activities import actions as activities
from backend.domain.agreements import actions as agreements
from backend.domain.cards import actions as cards
from backend.domain.cards import queries as card_queries
from backend.domain.clients import actions as client_actions
from backend.domain.clients import queries as clients
from backend.domain.feed.actions import announce
from backend.domain.moves.kinds import BEHAVIOURS
from backend.domain.renewals import actions as renewals
from backend.domain.stages import EventKind
from backend.domain.tasks.steps import actions as tasks
from backend.domain.versions import demand_version
from backend.errors import NotFound, pointed


async def merge_clients(
    tx: Unit, viewer: Viewer, client_id: int, other_id: int, if_match: int | None
) -> int:
    """Merge a double into a client; the client's new version.

    Cards, agreements, contacts, churn, tasks and activities go over, whoever owns them; their
    owners stay.
    What is empty about the client is filled from the double, who is deleted.
    """
    if other_id == client_id:
        raise pointed("a client is not his own double", "/other_id")
    await clients.hold_cards(tx, viewer, other_id)
    rows = {}
    for number in sorted((client_id, other_id)):  # one order, so that rivals cannot lock crosswise
        rows[number] = await _held(tx, viewer, number, client_id)
    row, other = rows[client_id], rows[other_id]
    for found in (row, other):
        access.demand_edit(viewer, found["owner_id"], "client")
    demand_version(row["version"], if_match)
    await _move_cards(tx, viewer, client_id, other_id)
    for agreement_id in await clients.agreements_of(tx, other_id):
        await agreements.change(tx, viewer, agreement_id, client_id=client_id)
    await tasks.move_client(tx, viewer, other_id, client_id)
    await activities.move_client(tx, viewer, other_id, client_id)
    version = await client_actions.take_over(tx, viewer, row, other)
    if await clients.holds_agreement(tx, client_id):  # who renews is not gone
        await renewals.close_intervals(tx, client_id, viewer.company.today(tx.now))
    return version


async def _held(tx: Unit, viewer: Viewer, number: int, client_id: int) -> dict[str, Any]:
    try:
        return await clients.locked_alone(tx, viewer, number)
    except NotFound:
        if number == client_id:
            raise
        raise pointed("There is no such client", "/other_id", NotFound) from None


async def _move_cards(tx: Unit, viewer: Viewer, client_id: int, other_id: int) -> None:
    for found in await clients.cards_of(tx, other_id):
        table = BEHAVIOURS[found["kind"]].kind.table
        row = await card_queries.locked_any(tx, table, found["id"])
        values = {"client_id": client_id}
        version = await cards.save(tx, row, table, values, {})
        await cards.record(
            tx, viewer, row["id"], row["last_seq"] + 1, EventKind.EDITED, row,
            changes=cards.changes(row, values),
        )  # fmt: skip
        changes = cards.logged(row, values)
        await announce(tx, viewer, "updated", row["kind"], row["id"], version, changes)
