"""Finding clients by what people type: a name, a telephone, an e-mail, who is spoken to there."""

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from backend.db.models import client, contact
from backend.db.session import Unit
from backend.domain.access import Viewer, sees_client
from backend.domain.texts import dialled, fold, like

BETWEEN_DIGITS = " \N{NO-BREAK SPACE}-().+"


def meant(words: str) -> ColumnElement[bool]:
    """The clients that are meant: their own particulars, or those of one of their contacts."""
    pattern = like(words)
    theirs = select(contact.c.client_id).where(contact.c.deleted_at.is_(None), reached(words))
    own = (client.c.name_key, func.lower(client.c.email), client.c.tax_id)
    return or_(
        *(one.like(pattern, escape="\\") for one in own), *_called(client.c.phone, words),
        client.c.id.in_(theirs),
    )  # fmt: skip


def reached(words: str) -> ColumnElement[bool]:
    """The contacts whose name, e-mail or telephone holds what is typed."""
    pattern = like(words)
    own = (contact.c.name_key, contact.c.email_key)
    return or_(*(one.like(pattern, escape="\\") for one in own), *_called(contact.c.phone, words))


def _called(phone: ColumnElement[Any], words: str) -> list[ColumnElement[bool]]:
    """A telephone is the same one however its digits are grouped."""
    number = dialled(words)
    if number is None:
        return []
    digits: ColumnElement[Any] = phone
    for sign in BETWEEN_DIGITS:
        digits = func.replace(digits, sign, "")
    return [digits.like(f"%{number}%")]


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
    """Names of clients that hold some words, of those that exist for the viewer; each once."""
    query = (
        select(client.c.name)
        .where(
            client.c.name_key.like(like(words), escape="\\"), client.c.deleted_at.is_(None),
            sees_client(viewer),
        )
        .order_by(client.c.name_key, client.c.id)
        .limit(limit)
    )  # fmt: skip
    return list(dict.fromkeys((await tx.run(query)).scalars()))
