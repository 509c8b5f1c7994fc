"""Several cards at once, in one transaction: all of them or none, or each by itself."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards.rules import number
from backend.domain.cards.schemas import MoveRequest
from backend.domain.moves import moving, undoing
from backend.errors import DomainError, NotAcceptable


async def move_all(
    tx: Unit, viewer: Viewer, kind: str, versions: Mapping[int, int], given: MoveRequest
) -> dict[int, int]:
    """Move cards (id: version as read) to one stage, in the order of their ids; their new versions.

    Whatever refuses one of them refuses all, and names it; what is missing is asked for all.
    """
    moved = {}
    for card_id, version in sorted(versions.items()):
        try:
            moved[card_id] = await moving.move(tx, viewer, kind, card_id, given, version)
        except NotAcceptable:
            raise
        except DomainError as error:
            raise named(kind, card_id, viewer, error) from None
    return moved


async def undo_all(
    tx: Unit, viewer: Viewer, kind: str, versions: Mapping[int, int]
) -> dict[int, int]:
    """Void the caller's own last moves of cards, the last one first; their new versions."""
    undone = {}
    for card_id, version in sorted(versions.items(), reverse=True):
        try:
            undone[card_id] = await undoing.undo(tx, viewer, kind, card_id, version)
        except DomainError as error:
            raise named(kind, card_id, viewer, error) from None
    return undone


async def each(
    tx: Unit, ids: Iterable[int], work: Callable[[int], Awaitable[Any]]
) -> dict[int, DomainError]:
    """Do something to each card, in the order of their ids; what refused which of them.

    What a card refuses leaves no trace on it and does not stop the others.
    """
    refused = {}
    for card_id in sorted(ids):
        try:
            async with tx.apart():
                await work(card_id)
        except DomainError as error:
            refused[card_id] = error
    return refused


def named(kind: str, card_id: int, viewer: Viewer, error: DomainError) -> DomainError:
    """The refusal, with the number of the card that it is about."""
    error.message = f"{number(kind, card_id, viewer.locale)}: {error.message}"
    return error
