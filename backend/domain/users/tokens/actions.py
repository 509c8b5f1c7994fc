"""Making and revoking API tokens, and noting when they were used."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec import UNSET
from sqlalchemy import insert, or_, update

from backend import security
from backend.db.models import api_token
from backend.db.session import Row, Unit
from backend.domain.access import ADMIN_SCOPES, Viewer
from backend.domain.feed.actions import announce
from backend.domain.feed.rules import differences
from backend.domain.users.queries import demand_active, role_of
from backend.domain.users.schemas import TokenCreate
from backend.domain.users.tokens import queries
from backend.domain.versions import demand_version
from backend.errors import Forbidden, NotAcceptable, pointed

SHOWN = 11  # characters of a token by which people tell it from others
NOTED_EVERY = timedelta(hours=1)


async def create_token(tx: Unit, viewer: Viewer, fields: TokenCreate) -> tuple[int, str]:
    """Make a token; its id and the secret, which is stored nowhere.

    Forbidden for another's token unless an admin makes it, and for scopes beyond what the maker
    has or the role of the owner gives.
    """
    owner = viewer.user_id if fields.user_id is UNSET else fields.user_id
    if owner is None or (owner != viewer.user_id and not viewer.settings):
        raise pointed("only an admin makes tokens for others", "/user_id", Forbidden)
    await demand_active(tx, owner, "/user_id")
    _demand_scopes(viewer, await role_of(tx, owner), fields.scopes)
    if fields.expires_at is not None and fields.expires_at <= tx.now:
        raise pointed("a token ends in the future", "/expires_at", NotAcceptable)
    secret = security.new_token()
    row = {
        "user_id": owner, "made_by_id": viewer.user_id, "name": fields.name.strip(),
        "prefix": secret[:SHOWN], "hash": security.token_hash(secret),
        "scopes": sorted(set(fields.scopes)), "expires_at": fields.expires_at,
        "version": 1, "created_at": tx.now, "updated_at": tx.written_at,
    }  # fmt: skip
    token_id: int = await tx.scalar(insert(api_token).returning(api_token.c.id), row)
    await announce(tx, viewer, "created", "token", token_id, 1, differences({}, row))
    return token_id, secret


def _demand_scopes(viewer: Viewer, role: Row, scopes: Sequence[str]) -> None:
    for place, scope in enumerate(scopes):
        if not viewer.has(scope):
            why = f"you do not have the scope {scope} yourself"
        elif scope in ADMIN_SCOPES and not role["settings"]:
            why = f"{scope} is for admins"
        elif scope.endswith((":write", ":intake")) and role["writes"] == "none":
            why = f"{scope} is not for a role that only reads"
        else:
            continue
        raise pointed(why, f"/scopes/{place}", Forbidden)


async def revoke(tx: Unit, viewer: Viewer, token_id: int, if_match: int | None) -> None:
    """Make a token worthless, at once and for ever; it stays in the list."""
    row = await queries.token(tx, viewer, token_id, lock=True)
    demand_version(row.version, if_match)
    if row.revoked_at is not None:
        return
    version = row.version + 1
    await tx.run(
        update(api_token)
        .where(api_token.c.id == token_id)
        .values(revoked_at=tx.now, version=version, updated_at=tx.written_at)
    )
    changes = differences({}, {"revoked_at": tx.now})
    await announce(tx, viewer, "deleted", "token", token_id, version, changes)


async def note_use(tx: Unit, token_id: int) -> None:
    """Note that a token is in use, once an hour: no version, no announcement."""
    used = api_token.c.last_used_at
    stale = or_(used.is_(None), used <= tx.now - NOTED_EVERY)
    query = update(api_token).where(api_token.c.id == token_id, stale)
    await tx.run(query.values(last_used_at=tx.now))
