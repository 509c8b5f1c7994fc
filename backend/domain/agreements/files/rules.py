"""How large the file of an agreement may be, and how it is called. Pure."""

import re
import unicodedata
from urllib.parse import quote

from backend.errors import BadRequest, NotAcceptable

LARGEST = 10_000_000  # bytes
_PLAIN = re.compile(r"[^A-Za-z0-9._ -]")


def demand_size(content: bytes) -> None:
    """NotAcceptable for a file that is too large, BadRequest for one that holds nothing."""
    if not content:
        raise BadRequest("Choose a file that holds something")
    if len(content) > LARGEST:
        raise NotAcceptable(
            f"A file has at most {LARGEST // 10**6} MB, and this one is of"
            f" {len(content) / 10**6:.1f} MB: make it smaller, or store the pages that count"
        )


def bare(name: str) -> str:
    """The name of a file without the folders that some browsers send; BadRequest for none."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1]).strip()
    if not last.strip(". "):
        raise BadRequest("A file needs a name")
    return last


def disposition(name: str) -> str:
    """The header with which a browser stores a file and never shows it."""
    plain = _PLAIN.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
