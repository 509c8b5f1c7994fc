"""Writing agreements: terms, deletion and its way back."""

from typing import Any

from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.agreements import actions, queries
from backend.domain.agreements.rules import anchor
from backend.domain.agreements.schemas import AgreementFields
from backend.domain.clients import queries as clients
from backend.domain.renewals import actions as renewals
from backend.domain.renewals.queries import last_term
from backend.domain.versions import demand_version
from backend.errors import Conflict


async def edit(
    tx: Unit, viewer: Viewer, agreement_id: int, fields: AgreementFields, if_match: int | None
) -> int:
    """Write the given terms; the new version (the old one where nothing changes).

    A new period counts from the running term; a new lead time, or another product, says anew when
    a waiting renewal comes into work.
    """
    row = await queries.locked(tx, viewer, agreement_id)
    access.demand_edit(viewer, row["owner_id"], "agreement")
    demand_version(row["version"], if_match)
    values = await actions.edited(tx, fields, row)
    if not values:
        return int(row["version"])
    counted = await _anchor(tx, values, row)
    version = await actions.change(tx, viewer, agreement_id, **values, **counted)
    if values.keys() & {"lead_time", "product_id", "notice_period"}:
        await renewals.recompute_activation(tx, [agreement_id])
    return version


async def _anchor(tx: Unit, values: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    if values.get("period") is None:
        return {}
    term = await last_term(tx, row["id"])
    return anchor(term["renewal_date"], term["cycle"]) if term else {}


async def delete(tx: Unit, viewer: Viewer, agreement_id: int, if_match: int | None) -> None:
    """Delete an agreement softly; Conflict while a renewal of it is waiting or open."""
    row = await queries.locked(tx, viewer, agreement_id)
    access.demand_edit(viewer, row["owner_id"], "agreement")
    demand_version(row["version"], if_match)
    if await queries.is_pending(tx, agreement_id):
        raise Conflict(
            "This agreement runs and its next renewal is waiting or open; close that one first",
            suggested_action="POST /renewals/{id}/move to the lost stage with reason_id",
        )
    await actions.change(tx, viewer, agreement_id, what="deleted", deleted_at=tx.now)


async def restore(tx: Unit, viewer: Viewer, agreement_id: int) -> int:
    """Bring a deleted agreement back as it was; the rights are checked anew."""
    row = await queries.locked(tx, viewer, agreement_id, deleted=True)
    access.demand_edit(viewer, row["owner_id"], "agreement")
    if row["deleted_at"] is None:
        return int(row["version"])
    if row["withdrawn_at"] is not None:
        raise Conflict("This agreement was taken back by an undo; win the deal again instead")
    await clients.demand_living(tx, row["client_id"])
    return await actions.change(tx, viewer, agreement_id, what="restored", deleted_at=None)
