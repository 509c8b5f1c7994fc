"""ETags: of a record, of a list, and what callers say of those they have."""

import hashlib
import re
from typing import Any

import msgspec
from litestar import Request

from backend.domain.versions import AnyOf
from backend.errors import BadRequest

# Shown with a record and not counted by its version.
DERIVED = (
    "days_left", "is_stale", "activates_on", "next_id", "next_contact_at", "ltv", "churned_on",
    "relation", "stage_name", "owner_name", "assignee_name", "client_name", "reason_name",
    "product_name", "last_used_at", "pending_renewal_id", "renewal_date", "is_new_to_owner",
    "company", "team", "reads", "writes", "settings", "scopes",
)  # fmt: skip

# A renewal shows the lead time of its agreement, product or pipeline where it has none of its own.
INHERITED = ("lead_time_source", "lead_time")

TAG = re.compile(r'(?:W/)?"([!#-~\x80-\xff]*)"')
TAGS = re.compile(rf"{TAG.pattern}(?:[ \t]*,[ \t]*{TAG.pattern})*")
VERSION = re.compile(r"([1-9][0-9]{0,14})(?:-[0-9a-f]+)?")
UNKNOWN = -1


def etag(record: Any) -> str:
    """`"<version>"`, with a hash of the derived fields where there are any."""
    names = DERIVED + (INHERITED if hasattr(record, INHERITED[0]) else ())
    shown = [getattr(record, name) for name in names if hasattr(record, name)]
    if not shown:
        return f'"{record.version}"'
    digest = hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:8]
    return f'"{record.version}-{digest}"'


def of_body(body: bytes) -> str:
    """The tag of an answer that has no version: it changes with whatever is visible in it."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def known(header: str | None, tag: str) -> bool:
    """Whether an If-None-Match names a tag."""
    if header is None:
        return False
    return header.strip() == "*" or tag.strip('"') in TAG.findall(header)


def if_match(request: Request[Any, Any, Any]) -> int | None:
    """The version the caller has read: 0 where he names none, None for `*`.

    A tag compares by its version alone, weak or not. One that is no version of ours is not
    malformed: it is the version of nothing, so that the record counts as changed.
    """
    lines = request.headers.getall("if-match", [])
    text = ", ".join(lines).strip()
    if not lines:
        return 0
    if text == "*":
        return None
    names = TAG.findall(text) if TAGS.fullmatch(text) else [text]
    found = [int(one[1]) for one in map(VERSION.fullmatch, names) if one]
    if not found and names == [text]:
        raise BadRequest('If-Match is a version as the ETag gives it: "3"')
    if len(found) > 1:
        return AnyOf(found)
    return found[0] if found else UNKNOWN
