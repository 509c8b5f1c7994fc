"""What a password has to be: long enough, and none that everybody tries first. Pure."""

import unicodedata
from functools import cache
from pathlib import Path

from backend.errors import NotAcceptable, pointed

SHORTEST, LONGEST = 8, 1024  # characters; the hash reads the longer ones only at a price
COMMON = Path(__file__).parent / "common.txt"


def demand_good(password: str) -> None:
    """NotAcceptable where a password is too short, too long, or among the most common ones."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise pointed(
            f"A password has {SHORTEST} to {LONGEST} characters", "/password", NotAcceptable
        )
    if unicodedata.normalize("NFKC", password).strip().casefold() in _common():
        raise pointed(
            "This password is among the first that are tried; choose another one, say, four words",
            "/password",
            NotAcceptable,
        )


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text(encoding="utf-8").split())
