"""Who is signed in in a browser, and what signing in is checked against."""

from datetime import datetime, timedelta

from msgspec import structs
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.base import Instant, in_one_text
from backend.db.models import app_user, pipeline, pipeline_closed, role, user_session
from backend.db.session import Row, Unit
from backend.domain.access import Viewer
from backend.domain.users.queries import behind, viewer_from

IDLE = timedelta(days=7)  # without a sign of life, and a session is over

# A kind of cards has a board for a role that one of its pipelines is open to.
_BOARDS = (
    select(in_one_text(pipeline.c.kind))
    .where(
        pipeline.c.active,
        pipeline.c.id.not_in(
            select(pipeline_closed.c.pipeline_id).where(pipeline_closed.c.role == role.c.key)
        ),
    )
    .correlate(role)
    .scalar_subquery()
)
_BY_SESSION = behind(user_session, user_session.c.seen_at, _BOARDS.label("boards")).where(
    user_session.c.hash == bindparam("hash"),
    user_session.c.expires_at > bindparam("now", type_=Instant),
    user_session.c.seen_at > bindparam("alive", type_=Instant),
)
_LOCK = select(app_user.c.id, app_user.c.email_key, app_user.c.password_hash).where(
    app_user.c.active
)


async def viewer_by_session(
    conn: AsyncConnection, hashed: str, now: datetime
) -> tuple[Viewer, datetime] | None:
    """The caller whose session has this hash, and when it was last noted as used."""
    asked = {"hash": hashed, "now": now, "alive": now - IDLE}
    row = (await conn.execute(_BY_SESSION, asked)).mappings().first()
    if row is None:
        return None
    viewer = await viewer_from(conn, row, ("*",))
    boards = tuple(sorted(set((row["boards"] or "").split(","))))
    return structs.replace(viewer, actor="user", channel="web", boards=boards), row["seen_at"]


async def one_who_signs_in(tx: Unit, email_key: str) -> Row | None:
    """The active user of an e-mail, with the hash of his password."""
    return await tx.first(_LOCK.where(app_user.c.email_key == email_key))


async def held_for_signing_in(tx: Unit, user_id: int, stored: str) -> bool:
    """Whether a user is still active and has still that password; he is held so."""
    query = _LOCK.where(app_user.c.id == user_id, app_user.c.password_hash == stored)
    return await tx.first(query.with_for_update()) is not None


async def password_of(tx: Unit, viewer: Viewer) -> str | None:
    """The hash of the caller's password."""
    query = select(app_user.c.password_hash).where(app_user.c.id == viewer.user_id)
    found: str | None = await tx.scalar(query)
    return found
