"""What the other writes must do: edits, hand-overs, deletion, other dates, the sweep."""

from datetime import date

from tests.stateful import moving
from tests.stateful.dates import later
from tests.stateful.state import Card, Given, Model, demand


def edit(m: Model, viewer: str, number: int, **values: object) -> None:
    """Write fields; what changes nothing is no write."""
    card = m.his(viewer, number)
    if any(getattr(card, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(card, name, value)
        _touch(card)


def _touch(card: Card) -> None:
    card.version += 1
    card.last = None


def transfer(m: Model, viewer: str, number: int, owner: str) -> None:
    """A new owner; a pending renewal takes its agreement along where both are of one owner."""
    card = m.his(viewer, number)
    if card.owner == owner:
        return
    mine = card.kind == "renewal" and m.agreements[card.agreement].owner == card.owner
    card.owner = owner
    _touch(card)
    if mine and not card.closed:
        moving.change(m, card.agreement, owner=owner)


def delete(m: Model, viewer: str, number: int) -> None:
    card = m.his(viewer, number)
    demand(card.kind != "renewal" or card.closed, "Conflict")
    card.deleted = True
    _touch(card)


def restore(m: Model, viewer: str, number: int) -> None:
    card = m.his(viewer, number, deleted=True)
    demand(not card.withdrawn, "Conflict")
    if card.deleted:
        card.deleted = False
        _touch(card)


def activate(m: Model, viewer: str, number: int) -> None:
    card = m.his(viewer, number)
    demand(card.state == "waiting", "Conflict")
    moving.go(m, viewer, number, "invoice_required", Given())


def reschedule(m: Model, viewer: str, number: int, due: date, reason: str) -> None:
    """Another date for a term; one that is in work may go back to wait."""
    card = m.his(viewer, number)
    demand(not card.closed, "Conflict")
    demand(card.previous is None or due > m.cards[card.previous].due, "NextDateNeeded")
    if reason == "align_dates":
        moving.change(m, card.agreement, anchor=due, cycle=card.cycle)
    card.slips += int(reason != "wrong_date" and due != card.due)
    card.due, card.active = due, later(due, m.agreements[card.agreement].lead, -1)
    if card.state == "open" and card.active > m.today:
        card.stage = "scheduled"
    _touch(card)


def sweep(m: Model) -> int:
    """Bring what is due into work; how many that were."""
    due = [c for c in m.cards if c.state == "waiting" and not c.deleted and c.active <= m.today]
    for card in due:
        card.stage = "invoice_required"
        _touch(card)
    return len(due)
