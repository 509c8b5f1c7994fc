"""What a card's move writes in an agreement, and how it is given back."""

from collections.abc import Mapping
from typing import Any

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.agreements import actions as agreements
from backend.domain.agreements import queries
from backend.domain.clients.queries import owner_of_client
from backend.domain.moves.stored import columns
from backend.domain.users.owners import is_at_work
from backend.errors import Conflict


async def change(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], values: dict[str, Any]
) -> dict[str, Any]:
    """Write columns of an agreement, given by its row; what is to be withdrawn for it."""
    version = await agreements.change(tx, viewer, row["id"], **values)
    before = {name: row[name] for name in values}
    return {
        "what": "terms", "id": row["id"], "version": version, "before": before, "after": values,
    }  # fmt: skip


async def withdraw(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    """Give an agreement back what a move wrote over; Conflict where that was changed since.

    What else was done with it stays. One that runs again comes to the client's owner where its
    own has gone.
    """
    row = await queries.locked_any(tx, item["id"])
    if row["deleted_at"] is not None or not _stands(row, item):
        raise changed(row)
    values = columns(agreements.TABLE, item["before"])
    if values.get("status") == "running" and not await is_at_work(tx, row["owner_id"]):
        values["owner_id"] = await owner_of_client(tx, row["client_id"])
    await agreements.change(tx, viewer, item["id"], **values)


def _stands(row: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Whether what was written is there still; older histories tell the version alone."""
    if "after" not in item:
        return bool(row["version"] == item["version"])
    after = columns(agreements.TABLE, item["after"])
    return all(row[name] == value for name, value in after.items())


def changed(row: Mapping[str, Any]) -> Conflict:
    """What stands in the way of whoever takes back what was done to an agreement."""
    return Conflict(
        f"The agreement “{row['title']}” was changed since; take that back first",
        record={"kind": "agreement", "id": row["id"]},
    )
