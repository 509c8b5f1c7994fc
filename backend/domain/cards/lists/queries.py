"""Lists of cards: the common ones by a statement that is prepared for their shape."""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, bindparam, case, or_, select

from backend.db.models import card, client, pipeline
from backend.db.page import Found, Paging, cut, fetch, one_page, opened
from backend.db.prepared import Prepared
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Reach, Viewer
from backend.domain.cards import queries as cards
from backend.domain.cards.schemas import CardFilters
from backend.domain.pipelines import queries as pipelines
from backend.domain.texts import as_id, like

# What is compared as it stands; a list that is filtered by anything else is built for its call.
PLAIN = ("state", "owner_id", "client_id", "reason_id", "source", "external_id", "stage_id")
LEFT_OUT = {"sort", "limit", "cursor", "count", "stage"}


class Shape(NamedTuple):
    """What the text of a list's statement depends on; `after` is how its cursor compares."""

    special: Table
    locale: str
    reach: Reach
    names: tuple[str, ...]
    sort: str
    limit: int
    after: str | None


def _same(query: Select[Any]) -> Select[Any]:
    return query


async def page(
    tx: Unit,
    viewer: Viewer,
    special: Table,
    filters: CardFilters,
    narrowed: Callable[[Select[Any]], Select[Any]] = _same,
) -> Found:
    """A page of the cards of a kind that exist for the viewer, with the kind's own filters."""
    paging = paging_of(filters)
    values = await _plain(tx, special.name, filters)
    if values is not None and not paging.count:
        return await _common(tx, viewer, special, paging, values)
    query = cards.base(viewer, special).where(cards.seen(viewer, special.name))
    query = narrowed(await filtered(tx, query, special.name, filters, viewer))
    return await fetch(tx, query, paging, cards.SORTS, card.c.id)


async def _plain(tx: Unit, kind: str, filters: CardFilters) -> dict[str, Any] | None:
    """The columns a list is filtered by, and with what; None where it takes more than that."""
    values = {
        name: value
        for name in filters.__struct_fields__
        if name not in LEFT_OUT and (value := getattr(filters, name)) is not None
    }
    if filters.stage is not None:
        ids = await pipelines.stage_ids(tx, kind, filters.stage)
        if len(ids) != 1:
            return None
        values["stage_id"] = ids[0]
    return values if values.keys() <= set(PLAIN) else None


async def _common(
    tx: Unit, viewer: Viewer, special: Table, paging: Paging, values: dict[str, Any]
) -> Found:
    after, sort = None, paging.key(cards.SORTS)
    if paging.cursor is not None:
        key, last = opened(paging, sort)
        after = "nothing" if key is None else "value"
        values |= {"after_id": last, "after_key": key}
    statement = _prepared(
        Shape(
            special, viewer.company.locale, viewer.reach,
            tuple(name for name in PLAIN if name in values), paging.sort, paging.limit, after,
        )
    )  # fmt: skip
    return cut(await tx.rows(statement, values), paging)


@lru_cache(maxsize=500)
def _prepared(shape: Shape) -> Prepared:
    query = cards.named(shape.locale, shape.special)
    query = query.where(cards.within(shape.special.name, shape.reach))
    query = query.where(*(card.c[name] == bindparam(name) for name in shape.names))
    key = cards.SORTS[shape.sort.removeprefix("-")]
    after: tuple[Any, Any] | None = None
    if shape.after is not None:
        typed = bindparam("after_key", type_=key.column.type)
        after = (None if shape.after == "nothing" else typed, bindparam("after_id"))
    descending = shape.sort.startswith("-")
    return Prepared(one_page(query, key, card.c.id, descending, shape.limit, after))


async def filtered(
    tx: Unit, query: Select[Any], kind: str, filters: CardFilters, viewer: Viewer
) -> Select[Any]:
    """Narrow a select of `base` by the caller's filters."""
    for name in ("state", "owner_id", "client_id", "reason_id", "source", "external_id"):
        value = getattr(filters, name)
        if value is not None:
            query = query.where(card.c[name] == value)
    if filters.pipeline is not None:
        query = query.where(card.c.pipeline_id == _pipeline(filters.pipeline))
    if filters.stage is not None:
        # Read first: an index in the list's order serves a stage that is known by its id.
        ids = await pipelines.stage_ids(tx, kind, filters.stage)
        query = query.where(
            card.c.stage_id == ids[0] if len(ids) == 1 else card.c.stage_id.in_(ids)
        )
    if filters.q:
        query = query.where(_found(filters.q))
    query = _between(query, filters, viewer)
    if filters.stale is not None:
        stale = cards.goes_stale(tx.now)
        query = query.where(stale if filters.stale else ~stale)
    return query


def _between(query: Select[Any], filters: CardFilters, viewer: Viewer) -> Select[Any]:
    for column, start, end in (
        (card.c.created_at, filters.created_from, filters.created_to),
        (card.c.closed_at, filters.closed_from, filters.closed_to),
    ):
        if start is not None:
            query = query.where(column >= viewer.company.midnight(start))
        if end is not None:
            query = query.where(column < viewer.company.end(end))
    if filters.updated_since is not None:
        query = query.where(card.c.updated_at >= filters.updated_since)
    if filters.amount_min is not None:
        query = query.where(
            card.c.amount >= _minor(filters.amount_min, "/amount_min", ROUND_CEILING)
        )
    if filters.amount_max is not None:
        query = query.where(card.c.amount <= _minor(filters.amount_max, "/amount_max", ROUND_FLOOR))
    return query


def _minor(value: Decimal, pointer: str, towards: str) -> ColumnElement[int]:
    """An amount in the minor units of each card's own currency, rounded into the range."""
    odd = [
        (card.c.currency.in_(codes), money.bound(value, places, pointer, towards))
        for places, codes in money.unusual().items()
    ]
    return case(*odd, else_=money.bound(value, 2, pointer, towards))


def _pipeline(given: int | str) -> Any:
    number = as_id(given)
    named = select(pipeline.c.id).where(pipeline.c.key == given)
    return named.scalar_subquery() if number is None else number


def _found(words: str) -> ColumnElement[bool]:
    pattern = like(words)
    found: list[ColumnElement[bool]] = [
        card.c.title_key.like(pattern, escape="\\"),
        client.c.name_key.like(pattern, escape="\\"),
    ]
    digits = words.strip().rpartition("-")[2]
    if digits.isdecimal() and len(digits) < 16:
        found.append(card.c.id == int(digits))
    return or_(*found)


def paging_of(filters: CardFilters) -> Paging:
    """The page that the caller asked for."""
    own = {
        name: getattr(filters, name)
        for name in filters.__struct_fields__
        if name not in ("limit", "cursor", "count")
    }
    return Paging.of(filters.limit, filters.sort, filters.cursor, filters.count, own)
