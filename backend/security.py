"""Secrets: API tokens and passwords. Only hashes of them are ever stored."""

import hashlib
import secrets

from argon2 import PasswordHasher

TOKEN_PREFIX = "vk_"
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def new_token() -> str:
    """A token of 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_password() -> str:
    """A password that a person can copy: 96 random bits."""
    return secrets.token_urlsafe(12)


def password_hash(password: str) -> str:
    """argon2id of a password."""
    return _hasher.hash(password)
