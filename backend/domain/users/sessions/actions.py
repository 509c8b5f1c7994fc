"""Sessions of browsers: begun, noted as used, ended."""

from datetime import timedelta

from sqlalchemy import delete, insert, or_, update

from backend.db.models import app_user, user_session
from backend.db.session import Unit
from backend.domain.users.sessions.queries import IDLE

LONGEST = timedelta(days=30)
NOTED_EVERY = timedelta(hours=1)


async def begin_session(tx: Unit, user_id: int, hashed: str) -> None:
    """Sign a user in under the hash of a new secret."""
    row = {
        "hash": hashed, "user_id": user_id,
        "created_at": tx.now, "seen_at": tx.now, "expires_at": tx.now + LONGEST,
    }  # fmt: skip
    await tx.run(insert(user_session), row)


async def replace_hash(tx: Unit, user_id: int, hashed: str) -> None:
    """Keep the same password under a hash of other costs; the user as he is told is unchanged."""
    await tx.run(update(app_user).where(app_user.c.id == user_id).values(password_hash=hashed))


async def note_seen(tx: Unit, hashed: str) -> None:
    """Note that a session is in use, once an hour."""
    late = user_session.c.seen_at <= tx.now - NOTED_EVERY
    query = update(user_session).where(user_session.c.hash == hashed, late)
    await tx.run(query.values(seen_at=tx.now))


async def end_session(tx: Unit, hashed: str) -> None:
    """Sign out in one browser."""
    await tx.run(delete(user_session).where(user_session.c.hash == hashed))


async def end_sessions(tx: Unit, user_id: int) -> None:
    """Sign a user out everywhere."""
    await tx.run(delete(user_session).where(user_session.c.user_id == user_id))


async def forget_sessions(tx: Unit) -> None:
    """Drop those that open no door any more."""
    over = or_(user_session.c.expires_at <= tx.now, user_session.c.seen_at <= tx.now - IDLE)
    await tx.run(delete(user_session).where(over))
