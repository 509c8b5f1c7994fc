"""The ways back in the model: undo, and withdrawal of what a closing had made."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.stateful.state import Made, Model, demand

UNDO_WITHIN = timedelta(minutes=10)
KEPT = ("version", "owner", "title", "deleted", "ties")


def undo(m: Model, viewer: str, number: int) -> None:
    """Take one's own last move of a card back."""
    card = m.his(viewer, number)
    last = card.last
    demand(last is not None and last.by == viewer, "Conflict")
    assert last is not None
    demand(m.now - last.at <= UNDO_WITHIN, "Conflict")
    _void(m, number)


def _void(m: Model, number: int) -> None:
    card = m.cards[number]
    assert card.last is not None
    withdraw(m, card.last.made)
    kept = {name: getattr(card, name) for name in KEPT}
    m.cards[number] = replace(card.last.before, **{**kept, "version": card.version + 1}, last=None)


def withdraw(m: Model, made: Made) -> None:
    """Take back what a move had made; Refused where any of it was touched meanwhile."""
    for what, *facts in made:
        demand(_untouched(m, what, *facts), "Conflict")
    for what, *facts in reversed(made):
        _withdraw(m, what, *facts)


def _untouched(m: Model, what: str, number: int = -1, version: int = 0, *_: Any) -> bool:
    if what in ("renewal", "move", "deal"):
        card = m.cards[number]
        waits = what != "renewal" or card.state == "waiting"
        return card.version == version and not card.deleted and waits
    if what in ("agreement", "terms"):
        return m.agreements[number].version == version
    return what != "withdrawn"


def _withdraw(m: Model, what: str, number: int, version: int = 0, more: Any = None) -> None:
    match what:
        case "renewal":
            m.cards[number].withdrawn = m.cards[number].deleted = True
            m.cards[number].version += 1
            m.cards[number].last = None
        case "deal":
            m.cards[number].deleted = True
            m.cards[number].version += 1
            del m.cards[more].ties["deal"]
        case "move":
            _void(m, number)
        case "agreement":
            m.agreements[number].deleted = True
            m.agreements[number].version += 1
        case "terms":
            _restore(m, number, more)
        case "churn":
            m.churns[number].void = True
        case "churn_closed":
            m.churns[number].closed = None


def _restore(m: Model, number: int, before: Mapping[str, Any]) -> None:
    for name, value in before.items():
        setattr(m.agreements[number], name, value)
    m.agreements[number].version += 1
