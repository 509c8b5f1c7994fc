"""Finding clients by their names, as people type them."""

from sqlalchemy import select

from backend.db.models import client
from backend.db.session import Unit
from backend.domain.access import Viewer, sees_client
from backend.domain.texts import fold, like


async def named(tx: Unit, viewer: Viewer, name: str) -> int | None:
    """The first client of exactly this name, whatever its case, that exists for the viewer."""
    query = (
        select(client.c.id)
        .where(client.c.name_key == fold(name), client.c.deleted_at.is_(None), sees_client(viewer))
        .order_by(client.c.id)
        .limit(1)
    )
    found: int | None = await tx.scalar(query)
    return found


async def names_like(tx: Unit, viewer: Viewer, words: str, limit: int) -> list[str]:
    """Names of clients that hold some words, of those that exist for the viewer."""
    query = (
        select(client.c.name)
        .where(
            client.c.name_key.like(like(words), escape="\\"), client.c.deleted_at.is_(None),
            sees_client(viewer),
        )
        .order_by(client.c.name_key, client.c.id)
        .limit(limit)
    )  # fmt: skip
    return list((await tx.run(query)).scalars())
