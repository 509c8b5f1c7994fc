"""Saying where product and model differ."""

from typing import Any

from tests.faults import chains


def deals(seen: chains.Seen) -> list[Any]:
    """The versions of all deals."""
    return [(row["id"], row["version"]) for row in seen.cards if row["kind"] == "deal"]


def demand_same(what: str, held: Any, wanted: Any) -> None:
    """The product holds what is wanted; else say where they differ."""
    if held == wanted:
        return
    if isinstance(held, list) and len(held) == len(wanted):
        pairs = enumerate(zip(held, wanted, strict=True))
        told = [f"  {n}: {one} instead of {other}" for n, (one, other) in pairs if one != other]
        raise AssertionError("\n".join([f"{what} differ:", *told]))
    raise AssertionError(f"{what}: {held}\ninstead of {wanted}")
