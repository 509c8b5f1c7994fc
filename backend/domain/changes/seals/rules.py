"""Seals over the change log: what is hashed, and which row of a batch is not what was sealed."""

import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

FIRST = "0" * 64  # what the first seal is chained to
MARK = struct.Struct(">Q8s")  # a row's number and the beginning of its hash

_encode = msgspec.json.Encoder(order="sorted").encode


def digest(row: Sequence[Any]) -> bytes:
    """The hash of a row's whole content, the same on both databases."""
    at = row[1]
    if isinstance(at, datetime):
        at = at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(_encode([row[0], at, *row[2:]])).digest()


def chained(previous: str, from_seq: int, to_seq: int, digests: Mapping[int, bytes]) -> str:
    """The hash of a batch of rows by their numbers, over the seal before it."""
    whole = hashlib.sha256(f"{previous}:{from_seq}:{to_seq}:{len(digests)}".encode())
    for number, one in digests.items():
        whole.update(MARK.pack(number, one[:8]))
        whole.update(one)
    return whole.hexdigest()


def marks(digests: Mapping[int, bytes]) -> bytes:
    """What a seal keeps of each row, so that an altered one can be named."""
    return b"".join(MARK.pack(number, one[:8]) for number, one in digests.items())


def differing(kept: bytes, digests: Mapping[int, bytes]) -> Iterator[tuple[int, str]]:
    """The rows of a batch that are not as they were sealed, in order, and what befell them."""
    sealed = dict(MARK.iter_unpack(kept))
    for number in sorted(sealed.keys() | digests.keys()):
        if number not in digests:
            yield number, "is missing"
        elif number not in sealed:
            yield number, "was added"
        elif sealed[number] != digests[number][:8]:
            yield number, "was altered"


def amiss(
    seal: Mapping[str, Any], previous: str, sealed: int, digests: Mapping[int, bytes]
) -> str | None:
    """What is wrong with a seal over rows, named by its first row; None where all is well."""
    if seal["from_seq"] != sealed + 1:
        return f"a seal is missing: entries {sealed + 1} to {seal['from_seq'] - 1} have none"
    chain = chained(previous, seal["from_seq"], seal["to_seq"], digests)
    if chain == seal["hash"] and len(digests) == seal["count"]:
        return None
    for number, what in differing(seal["marks"], digests):
        return f"entry {number} {what} after it was sealed"
    return f"seal {seal['id']} (entries {seal['from_seq']} to {seal['to_seq']}) was altered"
