"""Writing clients."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import UNSET
from sqlalchemy import insert, update

from backend.db.models import churn_interval, client, contact
from backend.db.session import Unit
from backend.domain import access, money
from backend.domain.access import Viewer
from backend.domain.clients import queries
from backend.domain.clients.schemas import ClientCreate, ClientFields, ClientUpsert
from backend.domain.feed.actions import announce, write
from backend.domain.feed.rules import differences
from backend.domain.texts import fold, written_over
from backend.domain.texts import given as sent
from backend.domain.users.owners import owner_of
from backend.domain.versions import demand_version
from backend.errors import Conflict, pointed

WRITABLE = ClientFields.__struct_fields__
LISTS = {"status": "client_status", "segment": "client_segment"}
INHERITED = (
    "external_id", "segment", "phone", "email", "tax_id", "source", "preferred_channel",
    "credit_limit", "credit_rating", "loyalty", "discount_cap", "special_terms", "next_contact_at",
)  # fmt: skip
NEW: dict[str, Any] = {
    "kind": "company", "status": "presale", "segment": None, "credit_limit": None, "custom": {},
}  # fmt: skip


async def create(tx: Unit, viewer: Viewer, given: ClientCreate | ClientUpsert) -> int:
    """Make a client; its id. The owner is the caller unless he may make it for the one named."""
    owner = await owner_of(tx, viewer, given.owner_id)
    blank = {**NEW, "currency": viewer.company.currency}
    values = {**blank, **await _columns(tx, given, blank)}
    if not values.get("name"):
        raise pointed("a name is needed", "/name")
    row = {
        **values, "name_key": fold(values["name"]), "owner_id": owner, "version": 1,
        "created_at": tx.now, "updated_at": tx.written_at,
    }  # fmt: skip
    client_id: int = await tx.scalar(insert(client).returning(client.c.id), row)
    await announce(tx, viewer, "created", "client", client_id, 1, differences({}, row))
    return client_id


async def edit(
    tx: Unit, viewer: Viewer, client_id: int, fields: ClientFields, if_match: int | None
) -> int:
    """Write the given fields; the new version (the old one where nothing changes)."""
    row = await queries.locked(tx, viewer, client_id)
    access.demand_edit(viewer, row["owner_id"], "client")
    demand_version(row["version"], if_match)
    values = await _columns(tx, fields, row)
    if values.get("name", row["name"]) is None:
        raise pointed("a name is needed", "/name")
    changed = {name: value for name, value in values.items() if row[name] != value}
    if not changed:
        return int(row["version"])
    if "name" in changed:
        changed["name_key"] = fold(changed["name"])
    return await write(tx, viewer, "updated", client, row, changed)


async def _columns(tx: Unit, fields: ClientFields, row: Mapping[str, Any]) -> dict[str, Any]:
    """Given fields as columns: money in the client's currency, texts trimmed, words known."""
    values = {name: value for name, value in sent(fields).items() if name in WRITABLE}
    currency = values.get("currency", row["currency"])
    money.digits(currency)
    _amounts(values, row, currency)
    for name, choices in LISTS.items():
        if values.get(name) is not None and values[name] != row.get(name, UNSET):
            await queries.demand_choice(tx, choices, values[name], f"/{name}")
    if values.get("status", "") is None:
        raise pointed("a status is needed", "/status")
    if "custom" in values:
        values["custom"] = written_over(row["custom"], values["custom"])
    return values


def _amounts(values: dict[str, Any], row: Mapping[str, Any], currency: str) -> None:
    limit, cap = values.get("credit_limit"), values.get("discount_cap")
    if isinstance(limit, Decimal):
        values["credit_limit"] = money.minor(limit, currency, "/credit_limit")
    elif currency != row["currency"] and "credit_limit" not in values and row["credit_limit"]:
        before = row["credit_limit"]
        values["credit_limit"] = money.convert_digits(before, row["currency"], currency)
    if isinstance(cap, Decimal):
        values["discount_cap"] = money.scaled(cap, 2, "/discount_cap")
        if not 0 <= values["discount_cap"] <= 10_000:
            raise pointed("a discount lies between 0 and 100 per cent", "/discount_cap")


async def delete(tx: Unit, viewer: Viewer, client_id: int, if_match: int | None) -> None:
    """Delete a client softly; Conflict while something of his is under way."""
    row = await queries.locked_alone(tx, viewer, client_id)
    access.demand_edit(viewer, row["owner_id"], "client")
    demand_version(row["version"], if_match)
    cards = await queries.pending_cards(tx, client_id)
    agreements = await queries.running_agreements(tx, client_id)
    if cards or agreements:
        raise Conflict(
            f"Something is under way with this client (open cards: {len(cards)}, running "
            f"agreements: {len(agreements)}); close it first",
            suggested_action="GET /deals?client_id=…&state=open, GET /agreements?client_id=…",
        )
    await write(tx, viewer, "deleted", client, row, {"deleted_at": tx.now})


async def restore(tx: Unit, viewer: Viewer, client_id: int) -> int:
    """Bring a deleted client back as he was; the rights are checked anew."""
    row = await queries.locked(tx, viewer, client_id, deleted=True)
    access.demand_edit(viewer, row["owner_id"], "client")
    if row["deleted_at"] is None:
        return int(row["version"])
    return await write(tx, viewer, "restored", client, row, {"deleted_at": None})


async def give(tx: Unit, viewer: Viewer, row: Mapping[str, Any], owner_id: int) -> int:
    """Write the new owner of a client; what hangs on the client is another matter."""
    return await write(tx, viewer, "transferred", client, row, {"owner_id": owner_id})


async def take_over(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], other: Mapping[str, Any]
) -> int:
    """Fill what is empty about a client from his double, who is deleted; the new version.

    The double's contacts and churn become the client's. Both rows are locked before.
    """
    filled = {
        name: other[name] for name in INHERITED if row[name] is None and other[name] is not None
    }
    if row["currency"] != other["currency"]:
        filled.pop("credit_limit", None)
    custom = {**other["custom"], **row["custom"]}
    if custom != row["custom"]:
        filled["custom"] = custom
    await _take_contacts(tx, viewer, row["id"], other["id"])
    gone = churn_interval.c.client_id == other["id"]
    await tx.run(update(churn_interval).where(gone).values(client_id=row["id"]))
    left = {"external_id": None} if "external_id" in filled else {}
    await write(tx, viewer, "deleted", client, other, {"deleted_at": tx.now, **left})
    return await write(tx, viewer, "updated", client, row, filled)


async def _take_contacts(tx: Unit, viewer: Viewer, client_id: int, other_id: int) -> None:
    """The double's people work at the client; the client's primary contact remains primary."""
    own = await queries.contacts_of(tx, client_id)
    led = any(found["is_primary"] and found["deleted_at"] is None for found in own)
    for found in await queries.contacts_of(tx, other_id):
        values = {"client_id": client_id, "is_primary": found["is_primary"] and not led}
        await write(tx, viewer, "updated", contact, found, values)
