"""Reading API tokens: one's own, and everybody's for an admin."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import Select, and_, select

from backend.db.models import api_token
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.users.queries import unexpired
from backend.domain.users.schemas import Token, TokenFilters, Tokens
from backend.errors import NotFound

SORTS = {
    "id": SortKey(api_token.c.id, int),
    "created_at": SortKey(api_token.c.created_at, datetime),
}


def _own_tokens(viewer: Viewer) -> Select[Any]:
    query = select(api_token)
    return query if viewer.settings else query.where(api_token.c.user_id == viewer.user_id)


def _token(row: Mapping[str, Any]) -> Token:
    return Token(**{name: row[name] for name in Token.__struct_fields__})


async def tokens(tx: Unit, viewer: Viewer, filters: TokenFilters) -> Tokens:
    """A page of the caller's tokens, or of everybody's for an admin."""
    query = _own_tokens(viewer)
    if filters.user_id is not None:
        query = query.where(api_token.c.user_id == filters.user_id)
    if filters.active is not None:
        good = and_(api_token.c.revoked_at.is_(None), unexpired(tx.now))
        query = query.where(good if filters.active else ~good)
    found = await fetch(tx, query, Paging.asked(filters), SORTS, api_token.c.id)
    total = UNSET if found.total is None else found.total
    items = [_token(row) for row in found.rows]
    return Tokens(items=items, next_cursor=found.next_cursor, total=total)


async def token(tx: Unit, viewer: Viewer, token_id: int, *, lock: bool = False) -> Token:
    """A token that exists for the caller; NotFound."""
    query = _own_tokens(viewer).where(api_token.c.id == token_id)
    row = await tx.first(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("There is no such token")
    return _token(row)
