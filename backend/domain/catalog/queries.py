"""Reading products."""

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import func, or_, select

from backend.db.models import product
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Row, Unit
from backend.domain import consumption, money
from backend.domain.catalog.schemas import Product, ProductFilters, Products
from backend.domain.texts import like
from backend.errors import NotFound

SORTS = {
    "id": SortKey(product.c.id, int),
    "name": SortKey(product.c.name_key, str),
    "price": SortKey(product.c.price, int, nullable=True),
    "created_at": SortKey(product.c.created_at, datetime),
    "updated_at": SortKey(product.c.updated_at, datetime),
}


def _product(row: Mapping[str, Any]) -> Product:
    decimals = {"vat_rate": 2, "stock": 3}
    shown: dict[str, Any] = {
        name: None if row[name] is None else money.unscaled(row[name], places)
        for name, places in decimals.items()
    }
    for name in ("price", "cost"):
        shown[name] = money.text(row[name], row["currency"])
    shown["consumption"] = consumption.shown(row["consumption"], row["consumption_per"])
    return Product(**{name: row[name] for name in Product.__struct_fields__} | shown)


async def page(tx: Unit, filters: ProductFilters) -> Products:
    """A page of the products that are not deleted."""
    query = select(product).where(product.c.deleted_at.is_(None))
    for name in ("sku", "category", "replenishment", "archived", "external_id"):
        if getattr(filters, name) is not None:
            query = query.where(product.c[name] == getattr(filters, name))
    if filters.updated_since is not None:
        query = query.where(product.c.updated_at >= filters.updated_since)
    if filters.q:
        pattern = like(filters.q)
        named = product.c.name_key.like(pattern, escape="\\")
        query = query.where(or_(named, func.lower(product.c.sku).like(pattern, escape="\\")))
    found = await fetch(tx, query, Paging.asked(filters), SORTS, product.c.id)
    total = UNSET if found.total is None else found.total
    items = [_product(row) for row in found.rows]
    return Products(items=items, next_cursor=found.next_cursor, total=total)


async def one(tx: Unit, product_id: int) -> Product:
    """One product; NotFound where there is none or it is deleted."""
    return _product(await _row(tx, product_id, deleted=False, lock=False))


async def locked(tx: Unit, product_id: int, *, deleted: bool = False) -> Row:
    """A product locked for writing; NotFound where it is deleted, unless it may be."""
    return await _row(tx, product_id, deleted=deleted, lock=True)


async def _row(tx: Unit, product_id: int, *, deleted: bool, lock: bool) -> Row:
    query = select(product).where(product.c.id == product_id)
    if not deleted:
        query = query.where(product.c.deleted_at.is_(None))
    row = await tx.first(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("There is no such product")
    return row


async def present(tx: Unit, wanted: set[int]) -> dict[int, Row]:
    """Those of some products that are there, by id: what lines are made of is read at once."""

    def found() -> Awaitable[list[Row]]:
        return tx.rows(
            select(product).where(product.c.id.in_(wanted), product.c.deleted_at.is_(None))
        )

    alone = ("product", *wanted) if len(wanted) == 1 else None
    return {row["id"]: row for row in await tx.once(alone, "row", found)}


async def by_external_id(tx: Unit, external_id: str) -> int | None:
    """The product that another system calls so, deleted or not."""
    query = select(product.c.id).where(product.c.external_id == external_id)
    found: int | None = await tx.scalar(query)
    return found
