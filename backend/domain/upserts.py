"""Writing a record under the name that another system gave it: the one way for all of them."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import structs

from backend.db.session import Unit, found_or_made
from backend.domain.texts import same_name

Find = Callable[[str], Awaitable[int | None]]
Make = Callable[[Any], Awaitable[int]]
Merge = Callable[[int, Any], Awaitable[object]]
Found = tuple[int, bool]


async def upsert(
    tx: Unit, external_id: str, given: Any, find: Find, make: Make, merge: Merge
) -> Found:
    """The record's id, and whether this call made it.

    A rival who makes it at the same time is waited for, and merged into. Conflict where the name
    is taken by a record that does not exist for the caller.
    """
    name = same_name(external_id, given)
    named = structs.replace(given, external_id=name)
    one, new = await found_or_made(tx, lambda: find(name), lambda: make(named))
    if not new:
        await merge(one, named)
    return one, new
