"""Keys of requests that must have one effect: claimed first, answered in the same transaction."""

import hashlib
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend.db.models import idempotency_key
from backend.db.session import Unit
from backend.errors import Conflict, NotAcceptable

LONGEST = 255


class Claim(Struct, frozen=True):
    """A key in the caller's own space, and the fingerprint of what he sent with it."""

    scope: str
    route: str
    key: str
    request_hash: str


class Reply(Struct, frozen=True):
    """An answer as it goes out."""

    status: int
    headers: dict[str, str]
    body: bytes


def fingerprint(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


async def claim(tx: Unit, wanted: Claim) -> Reply | None:
    """Claim a key for this transaction, or find the stored answer of the request that has it.

    A rival with the same key waits here until the first one has committed. NotAcceptable where
    the key was used with another body.
    """
    kind: Any = postgresql_insert if tx.conn.dialect.name == "postgresql" else sqlite_insert
    values = {
        "scope": wanted.scope, "route": wanted.route, "key": wanted.key,
        "request_hash": wanted.request_hash, "created_at": tx.now,
    }  # fmt: skip
    made = await tx.run(kind(idempotency_key).values(**values).on_conflict_do_nothing())
    if made.rowcount == 1:
        return None
    stored = await known(tx, wanted)
    if stored is None:
        raise Conflict("A request with this Idempotency-Key is running; try again in a moment")
    return stored


async def known(tx: Unit, wanted: Claim) -> Reply | None:
    """The stored answer of the request that has a key; NotAcceptable where its body was another."""
    row = await tx.first(select(idempotency_key).where(*_where(wanted)))
    if row is None or row["status"] is None:
        return None
    if row["request_hash"] != wanted.request_hash:
        raise NotAcceptable("This Idempotency-Key was used with another body; take a new key")
    return Reply(row["status"], row["headers"], row["body"])


async def keep(tx: Unit, wanted: Claim, reply: Reply) -> None:
    """Store the answer beside its effect."""
    values = {"status": reply.status, "headers": reply.headers, "body": reply.body}
    await tx.run(update(idempotency_key).where(*_where(wanted)).values(**values))


async def purge(tx: Unit, before: datetime, limit: int) -> int:
    """Drop the oldest keys that have served their time; how many these were."""
    c = idempotency_key.c
    oldest = select(c.id).where(c.created_at < before).order_by(c.created_at).limit(limit)
    gone = await tx.run(delete(idempotency_key).where(c.id.in_(oldest)))
    return int(gone.rowcount)


def _where(wanted: Claim) -> tuple[Any, ...]:
    c = idempotency_key.c
    return c.scope == wanted.scope, c.route == wanted.route, c.key == wanted.key
