"""Signing in: counted, checked outside of any transaction, then a session begins."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from backend import security
from backend.db.engines import Database
from backend.db.session import Row, Unit, unit
from backend.domain.limits import actions as limits
from backend.domain.texts import fold
from backend.domain.users.sessions import actions, queries
from backend.errors import RateLimited
from backend.security import PasswordCheck
from backend.settings import Rate

PER_ACCOUNT = Rate(100, 3600)
PER_ADDRESS = Rate(50, 3600)


class Knock(NamedTuple):
    """Somebody at the door.

    `known` is what his browser was given when he last came in, `before` the secret it has now.
    """

    email: str
    password: str
    address: str
    known: str | None
    before: str


class Opened(NamedTuple):
    """The session's secret, and what tells this browser from a stranger's next time."""

    secret: str
    known: str


async def sign_in(
    database: Database, now: Callable[[], datetime], passwords: PasswordCheck, knock: Knock
) -> Opened | None:
    """Begin a session; None for a wrong password, an unknown e-mail and a user who left alike.

    RateLimited after too many wrong tries of an account or from an address. A browser that has
    been in before is counted apart, so that strangers who guess do not lock its user out. A hash
    that was made at other costs is replaced: only now is the password known.
    """
    async with database.read() as conn:
        user = await queries.one_who_signs_in(Unit(conn, now()), fold(knock.email))
    stored = None if user is None else user["password_hash"]
    counters = _counters(knock, stored)
    await unit(database, now, lambda tx: _count(tx, counters))
    if not await passwords.good(stored, knock.password) or user is None or stored is None:
        return None
    renewed = await passwords.renewed(stored, knock.password)
    return await unit(database, now, lambda tx: _begin(tx, user, renewed, knock, counters))


def _counters(knock: Knock, stored: str | None) -> list[tuple[str, Rate]]:
    """By what the try is counted; nothing of it says whether there is such an account."""
    account = fold(knock.email)
    if stored and knock.known and security.same(knock.known, _known(account, stored)):
        return [(_hashed("known", account), PER_ACCOUNT)]
    return [(_hashed("from", knock.address), PER_ADDRESS), (_hashed("of", account), PER_ACCOUNT)]


def _hashed(what: str, who: str) -> str:
    return hashlib.sha256(f"sign-in {what} {who}".encode()).hexdigest()


def _known(account: str, stored: str) -> str:
    """Cannot be made without the password's hash, and is worthless once that changes."""
    return security.derived(stored, f"browser of {account}")


async def _count(tx: Unit, counters: list[tuple[str, Rate]]) -> None:
    for visitor, rate in counters:
        left, over = await limits.admit(tx, visitor, rate)
        if left < 0:
            minutes = -(-over // 60)
            raise RateLimited(f"Too many tries: wait {minutes} min and try again", retry_after=over)


async def _begin(
    tx: Unit, user: Row, renewed: str | None, knock: Knock, counters: list[tuple[str, Rate]]
) -> Opened | None:
    stored: str = user["password_hash"]
    if not await queries.held_for_signing_in(tx, user["id"], stored):
        return None
    if renewed is not None:
        await actions.replace_hash(tx, user["id"], renewed)
    for visitor, _ in counters:
        await limits.give_back(tx, visitor)
    await actions.end_session(tx, security.token_hash(knock.before))
    secret = security.new_secret()
    await actions.begin_session(tx, user["id"], security.token_hash(secret))
    return Opened(secret, _known(user["email_key"], renewed or stored))
