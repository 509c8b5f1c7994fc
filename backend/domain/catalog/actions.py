"""Writing products."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from backend.db.models import product
from backend.db.session import Row, Unit, found_or_made
from backend.domain import access, consumption, money
from backend.domain.access import Viewer
from backend.domain.calendar import Period
from backend.domain.catalog import queries
from backend.domain.catalog.schemas import ProductCreate, ProductFields
from backend.domain.feed.actions import announce, write
from backend.domain.feed.rules import differences
from backend.domain.texts import fold, given, same_name, written_over
from backend.domain.versions import demand_version
from backend.errors import pointed

MONEY = ("price", "cost")
WHOLE = 10_000  # a hundred per cent


async def create(tx: Unit, viewer: Viewer, fields: ProductCreate) -> int:
    """Make a product; its id."""
    access.demand_settings(viewer)
    blank = {
        "currency": viewer.company.currency, "replenishment": "none", "archived": False,
        "custom": {}, "price": None, "cost": None,
    }  # fmt: skip
    stamps = {"version": 1, "created_at": tx.now, "updated_at": tx.written_at}
    row = {**blank, **_ready(fields, blank), **stamps}
    product_id: int = await tx.scalar(insert(product).returning(product.c.id), row)
    await announce(tx, viewer, "created", "product", product_id, 1, differences({}, row))
    return product_id


async def edit(
    tx: Unit, viewer: Viewer, product_id: int, fields: ProductFields, if_match: int | None
) -> bool:
    """Write the given fields of a product; whether its lead time became another."""
    access.demand_settings(viewer)
    row = await queries.locked(tx, product_id)
    demand_version(row["version"], if_match)
    return await _write(tx, viewer, row, _ready(fields, row), "updated")


async def upsert(
    tx: Unit,
    viewer: Viewer,
    external_id: str,
    fields: ProductFields,
    if_match: int | None = None,
) -> tuple[int, bool, bool]:
    """Make the product that another system calls so, or merge into it, deleted or not.

    Its id, whether it is new, and whether its lead time became another. Whoever is beaten to it
    by a rival merges into what the rival made.
    """
    access.demand_settings(viewer)
    external_id = same_name(external_id, fields)
    one, new = await found_or_made(
        tx,
        lambda: queries.by_external_id(tx, external_id),
        lambda: _named(tx, viewer, external_id, fields),
    )
    if new:
        return one, True, False
    row = await queries.locked(tx, one, deleted=True)
    demand_version(row["version"], if_match)
    values = {**_ready(fields, row), "deleted_at": None}
    return one, False, await _write(tx, viewer, row, values, "updated")


async def _named(tx: Unit, viewer: Viewer, external_id: str, fields: ProductFields) -> int:
    values = {name: getattr(fields, name) for name in fields.__struct_fields__}
    if "name" not in given(fields):
        raise pointed("a new product needs a name", "/name")
    return await create(tx, viewer, ProductCreate(**{**values, "external_id": external_id}))


async def delete(tx: Unit, viewer: Viewer, product_id: int, if_match: int | None) -> None:
    """Delete a product softly: what was sold of it, and what renews, keeps it."""
    access.demand_settings(viewer)
    row = await queries.locked(tx, product_id)
    demand_version(row["version"], if_match)
    await _write(tx, viewer, row, {"deleted_at": tx.now}, "deleted")


async def restore(tx: Unit, viewer: Viewer, product_id: int) -> None:
    """Bring a deleted product back as it was."""
    access.demand_settings(viewer)
    row = await queries.locked(tx, product_id, deleted=True)
    await _write(tx, viewer, row, {"deleted_at": None}, "restored")


async def _write(tx: Unit, viewer: Viewer, row: Row, values: dict[str, Any], what: str) -> bool:
    changed = {name: value for name, value in values.items() if row[name] != value}
    if not changed:
        return False
    await write(tx, viewer, what, product, row, changed)
    return "lead_time" in changed


def _ready(fields: ProductFields, row: Mapping[str, Any]) -> dict[str, Any]:
    """Given fields as columns; BadRequest names the one that cannot be stored."""
    values = given(fields)
    _price(values, row)
    if values.get("stock") is not None:
        values["stock"] = money.scaled(values["stock"], 3, "/stock")
    if values.get("vat_rate") is not None:
        values["vat_rate"] = money.scaled(values["vat_rate"], 2, "/vat_rate")
        if not 0 <= values["vat_rate"] <= WHOLE:
            raise pointed("a VAT rate is 0 to 100 per cent", "/vat_rate")
    if values.get("period") is not None and Period.parse(values["period"]).count == 0:
        raise pointed("a period must be longer than nothing", "/period")
    if "consumption" in values:
        values |= consumption.columns(values["consumption"])
    if "name" in values:
        values["name_key"] = fold(values["name"])
    if "custom" in values:
        values["custom"] = written_over(row["custom"], values["custom"])
    return values


def _price(values: dict[str, Any], row: Mapping[str, Any]) -> None:
    """Prices in minor units; what is kept is written anew in another currency's digits."""
    currency = values.get("currency", row["currency"])
    money.digits(currency)
    for name in MONEY:
        if isinstance(values.get(name), Decimal):
            values[name] = money.minor(values[name], currency, f"/{name}")
        elif name not in values and row[name] is not None and currency != row["currency"]:
            values[name] = money.convert_digits(row[name], row["currency"], currency)
