"""Shares of reasons among everything closed, their limits, and streaks. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from msgspec import Struct

LEAST = 10  # closed cards: one of two is no share to be alarmed about
WHOLE = 10_000  # limits are in hundredths of a per cent


class Outcome(Struct, frozen=True):
    """A closed card: the group it is counted in, why it was lost (None = won, or not closed)."""

    group: Any
    reason_id: int | None


class Share(Struct, frozen=True):
    """How many of a group's cards were lost for a reason."""

    group: Any
    reason_id: int
    count: int
    closed: int


def shares(outcomes: Sequence[Outcome], whole: bool) -> list[Share]:
    """Each reason of each group beside all that the group closed, or with `whole` beside all."""
    closed = Counter(one.group for one in outcomes)
    counts = Counter((one.group, one.reason_id) for one in outcomes)
    return [
        Share(group, reason_id, count, len(outcomes) if whole else closed[group])
        for (group, reason_id), count in counts.items()
        if reason_id is not None
    ]


def is_over(count: int, closed: int, limit: int | None) -> bool:
    """Whether a share breaks its limit: above it, and of enough. Just the limit is none."""
    return limit is not None and closed >= LEAST and count * WHOLE > limit * closed


def streak(outcomes: Sequence[str | None], reason: str) -> int:
    """How many outcomes there are, if all of them are this reason's; else none."""
    return len(outcomes) if all(one == reason for one in outcomes) else 0


class Said(NamedTuple):
    """An outcome: the key of its reason (None = another outcome), and the card that had it."""

    key: str | None
    card_id: int


def by_whom(rows: Iterable[tuple[int, str | None, int]]) -> dict[int, list[Said]]:
    """The outcomes of each, in the order in which they come."""
    found: dict[int, list[Said]] = defaultdict(list)
    for number, key, card_id in rows:
        found[number].append(Said(key, card_id))
    return found


def unbroken(outcomes: Sequence[Said], needed: Mapping[str, int], *, whole: bool) -> list[Said]:
    """The last outcomes, where they are all one reason's and as many as it needs; else none.

    With `whole` there must be no other outcome before them.
    """
    key = outcomes[-1].key
    run = [*takewhile(lambda one: one.key == key, reversed(outcomes))][::-1]
    enough = key is not None and len(run) >= needed.get(key, len(run) + 1)
    return run if enough and (len(run) == len(outcomes) or not whole) else []
