"""Lists of cards: the common ones by a statement that is prepared for their shape."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, bindparam

from backend.db.models import card
from backend.db.page import Found, Paging, cut, fetch, one_page, opened
from backend.db.prepared import Prepared
from backend.db.session import Unit
from backend.domain.access import Reach, Viewer
from backend.domain.cards import queries as cards
from backend.domain.cards.schemas import CardFilters
from backend.domain.pipelines import queries as pipelines

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
    paging = cards.paging(filters)
    values = await _plain(tx, special.name, filters)
    if values is not None and not paging.count:
        return await _common(tx, viewer, special, paging, values)
    query = cards.base(viewer, special).where(cards.seen(viewer, special.name))
    query = narrowed(await cards.filtered(tx, query, special.name, filters, viewer))
    return await fetch(tx.conn, query, paging, cards.SORTS, card.c.id)


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
