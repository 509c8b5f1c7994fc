"""Secrets: API tokens, sessions and passwords. Only hashes of them are ever stored."""

import asyncio
import hashlib
import hmac
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

TOKEN_PREFIX = "vk_"
CHECKS_AT_ONCE = 2
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_hasher = HASHER


def new_token() -> str:
    """A token of 256 random bits."""
    return TOKEN_PREFIX + new_secret()


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def derived(secret: str, use: str) -> str:
    """A second secret made from one; it does not tell the first, nor those of other uses."""
    return hmac.new(secret.encode(), use.encode(), hashlib.sha256).hexdigest()[:43]


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def new_password() -> str:
    """A password that a person can copy: 96 random bits."""
    return secrets.token_urlsafe(12)


def password_hash(password: str) -> str:
    """argon2id of a password, however its accents were typed."""
    return _hasher.hash(unicodedata.normalize("NFC", password))


def password_good(stored: str | None, password: str) -> bool:
    """Whether a password is the one that was hashed; where there is none, it takes as long."""
    try:
        _hasher.verify(stored or _nobodys(), unicodedata.normalize("NFC", password))
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def password_renewed(stored: str, password: str) -> str | None:
    """The hash of a good password anew, where the costs were others when it was stored."""
    return password_hash(password) if _hasher.check_needs_rehash(stored) else None


@cache
def _nobodys() -> str:
    return password_hash(new_password())


class PasswordCheck:
    """Checks two passwords at a time; the rest wait, and nobody waits for them."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(CHECKS_AT_ONCE)

    async def good(self, stored: str | None, password: str) -> bool:
        async with self._turns:
            return await asyncio.to_thread(password_good, stored, password)

    async def renewed(self, stored: str, password: str) -> str | None:
        async with self._turns:
            return await asyncio.to_thread(password_renewed, stored, password)
