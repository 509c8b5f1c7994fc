"""Writing agreements."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, update

from backend.db.models import agreement
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.agreements import queries, rules
from backend.domain.agreements.schemas import AgreementFields
from backend.domain.calendar import demand_span
from backend.domain.consumption import columns
from backend.domain.feed.actions import announce
from backend.domain.feed.rules import Change, differences
from backend.domain.texts import fold, written_over
from backend.domain.texts import given as sent
from backend.errors import Conflict, pointed

TABLE = agreement
WRITABLE = AgreementFields.__struct_fields__


async def add(tx: Unit, viewer: Viewer, values: dict[str, Any]) -> int:
    """Insert a running agreement; its id."""
    row = {
        "custom": {}, "framework": False, **values, "title_key": fold(values["title"]),
        "status": "running", "version": 1, "created_at": tx.now, "updated_at": tx.written_at,
    }  # fmt: skip
    agreement_id: int = await tx.scalar(insert(agreement).returning(agreement.c.id), row)
    await announce(tx, viewer, "created", "agreement", agreement_id, 1, differences({}, row))
    return agreement_id


async def change(
    tx: Unit,
    viewer: Viewer,
    agreement_id: int,
    *,
    what: str = "updated",
    beside: Sequence[Change] = (),
    **values: Any,
) -> int:
    """Write an agreement's columns; its new version.

    `beside` is what was written next to them and is told with them.
    """
    row = await queries.locked_any(tx, agreement_id)
    if "title" in values:
        values["title_key"] = fold(values["title"])
    query = (
        update(agreement)
        .where(agreement.c.id == agreement_id)
        .values(**values, version=agreement.c.version + 1, updated_at=tx.written_at)
        .returning(agreement.c.version)
    )
    version: int = await tx.scalar(query)
    changes = [*differences(row, values), *beside]
    await announce(tx, viewer, what, "agreement", agreement_id, version, changes)
    return version


async def withdraw(tx: Unit, viewer: Viewer, agreement_id: int) -> None:
    """Take an agreement back that an undone win had made."""
    await change(tx, viewer, agreement_id, what="deleted", deleted_at=tx.now, withdrawn_at=tx.now)


def stored(fields: AgreementFields) -> dict[str, Any]:
    """The fields given as columns."""
    values = {name: value for name, value in sent(fields).items() if name in WRITABLE}
    if "consumption" in values:
        values |= columns(values["consumption"])
    return values


async def edited(tx: Unit, fields: AgreementFields, row: Mapping[str, Any]) -> dict[str, Any]:
    """What given fields change in an agreement's columns; BadRequest or NotFound for the field."""
    values = stored(fields)
    if values.get("title", row["title"]) is None:
        raise pointed("a title is needed", "/title")
    demand_span(values.get("period"))
    if row["framework"] and values.get("period") is not None:
        raise pointed("a framework contract has no terms and no period", "/period", Conflict)
    rules.demand_dates({**row, **values})
    if values.get("product_id") is not None and values["product_id"] != row["product_id"]:
        await queries.demand_product(tx, values["product_id"])
    if "custom" in values:
        values["custom"] = written_over(row["custom"], values["custom"])
    return {name: value for name, value in values.items() if row[name] != value}
