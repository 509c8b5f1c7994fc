"""Keyset paging: one page of a sorted list and the cursor to the next."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select

from backend.db.session import Unit
from backend.errors import BadRequest

# What both databases can compare with, so that a forged cursor is refused before it is used.
Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
COMPARABLE: dict[Any, Any] = {
    int: Number,
    datetime: Annotated[datetime, msgspec.Meta(tz=True)],
    str: Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")],
}


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column a list may be sorted by, and the type its cursor value is read back as."""

    column: ColumnElement[Any]
    type: Any
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Paging:
    """What the caller asked for: size, sort (`-` first = descending), cursor, total wanted."""

    limit: int
    sort: str
    cursor: str | None
    count: bool
    fingerprint: str

    @classmethod
    def of(
        cls, limit: int, sort: str, cursor: str | None, count: bool, filters: object
    ) -> "Paging":
        """A cursor is good only for the filters and the sort it was made under."""
        told = msgspec.json.encode([sort, filters], order="deterministic")
        return cls(limit, sort, cursor, count, hashlib.sha256(told).hexdigest()[:12])

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    def key(self, keys: Mapping[str, SortKey]) -> SortKey:
        """What is sorted by; BadRequest where there is no such sort."""
        found = keys.get(self.sort.removeprefix("-"))
        if found is None:
            raise BadRequest(
                f"There is no sort “{self.sort}”; there are: {', '.join(sorted(keys))}"
                " (- before it: descending)"
            )
        return found

    @classmethod
    def asked(cls, filters: Any) -> "Paging":
        """The page that a struct of filters asks for."""
        own = {
            name: getattr(filters, name)
            for name in filters.__struct_fields__
            if name not in ("limit", "sort", "cursor", "count")
        }
        return cls.of(filters.limit, filters.sort, filters.cursor, filters.count, own)


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of one page (mappings), the cursor to the next one, the total if asked for."""

    rows: list[Any]
    next_cursor: str | None
    total: int | None


async def fetch(
    tx: Unit,
    query: Select[Any],
    paging: Paging,
    keys: Mapping[str, SortKey],
    tie: ColumnElement[int],
) -> Found:
    """One page of `query`, sorted by a key with the id as tie-break, nulls last."""
    key = paging.key(keys)
    total = None
    if paging.count:
        counted = select(func.count()).select_from(query.order_by(None).subquery())
        total = await tx.scalar(counted)
    after = None if paging.cursor is None else opened(paging, key)
    found = await tx.run(one_page(query, key, tie, paging.descending, paging.limit, after))
    names = tuple(found.keys())
    return cut([dict(zip(names, row, strict=True)) for row in found], paging, total)


def one_page(
    query: Select[Any],
    key: SortKey,
    tie: ColumnElement[int],
    descending: bool,
    limit: int,
    after: tuple[Any, Any] | None,
) -> Select[Any]:
    """The rows of a page and one more, with what the cursor is made of; `after` is the last one's.

    Its parts may be parameters; None for the key means that the last one has none.
    """
    if after is not None:
        query = query.where(_after(key, tie, descending, *after))
    # Written out, because PostgreSQL plans a list anew each time as long as it must guess how much
    # of it is wanted, and planning takes longer than reading.
    size: ColumnElement[int] = literal_column(str(limit + 1))
    query = query.order_by(*ordered(key, tie, descending)).limit(size)
    return query.add_columns(key.column.label("_sort"), tie.label("_tie"))


def cut(rows: list[Any], paging: Paging, total: int | None = None) -> Found:
    """A page of the rows of `one_page`."""
    if len(rows) <= paging.limit:
        return Found(rows, None, total)
    rows = rows[: paging.limit]
    return Found(rows, sealed(paging, rows[-1]["_sort"], rows[-1]["_tie"]), total)


def ordered(key: SortKey, tie: ColumnElement[int], descending: bool) -> tuple[Any, ...]:
    """What a list is ordered by: the key, nulls last, then the tie."""
    if key.column is tie:
        return (tie.desc() if descending else tie.asc(),)
    first: Any = key.column.desc() if descending else key.column.asc()
    if key.nullable:
        first = first.nulls_last()
    return first, tie.desc() if descending else tie.asc()


def _after(
    key: SortKey, tie: ColumnElement[int], descending: bool, value: Any, last: Any
) -> ColumnElement[bool]:
    later_tie: ColumnElement[bool] = tie < last if descending else tie > last
    if key.column is tie:
        return later_tie
    if value is None:
        return and_(key.column.is_(None), later_tie)
    later = key.column < value if descending else key.column > value
    parts = [later, and_(key.column == value, later_tie)]
    if key.nullable:
        parts.append(key.column.is_(None))
    return or_(*parts)


def preceding(
    query: Select[Any],
    key: SortKey,
    tie: ColumnElement[int],
    descending: bool,
    value: Any,
    last: int,
) -> Select[Any]:
    """The rows of a list that stand before a place in it, the nearest first."""
    earlier_tie = tie > last if descending else tie < last
    if value is None:
        query = query.where(or_(key.column.is_not(None), earlier_tie))
    else:
        earlier = key.column > value if descending else key.column < value
        query = query.where(or_(earlier, and_(key.column == value, earlier_tie)))
    first: Any = key.column.asc() if descending else key.column.desc()
    if key.nullable:
        first = first.nulls_first()
    return query.order_by(first, tie.asc() if descending else tie.desc())


def sealed(paging: Paging, value: Any, last: int) -> str:
    """The cursor behind the row that has this value and this tie."""
    packed = msgspec.json.encode([paging.fingerprint, value, last])
    return urlsafe_b64encode(packed).decode().rstrip("=")


def opened(paging: Paging, key: SortKey) -> tuple[Any, int]:
    """The key and the id of the row that a cursor was made of; BadRequest."""
    assert paging.cursor is not None
    try:
        packed = urlsafe_b64decode(paging.cursor + "=" * (-len(paging.cursor) % 4))
        value_type = COMPARABLE.get(key.type, key.type)
        kind: Any = tuple.__class_getitem__((str, value_type | None, Number))
        fingerprint, value, last = msgspec.json.decode(packed, type=kind)
    except (ValueError, msgspec.MsgspecError):
        raise BadRequest("This cursor was not made by this list; start without one") from None
    if fingerprint != paging.fingerprint:
        raise BadRequest("This cursor belongs to other filters or another sort; start without one")
    return value, last


_BY_ID = SortKey(literal_column("id"), int)


def after_id(paging: Paging) -> int:
    """The id that a page of something sorted by id begins behind."""
    return 0 if paging.cursor is None else opened(paging, _BY_ID)[1]


def cursor_behind(paging: Paging, last: int) -> str:
    """The cursor to what comes behind an id."""
    return sealed(paging, last, last)
