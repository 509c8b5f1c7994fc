"""Checking the funnel's facts against what happened, and mending them."""

from dataclasses import dataclass

from backend.db.session import Unit
from backend.domain.cards.facts import apart
from backend.domain.cards.folding import actions as folding
from backend.domain.cards.folding import queries as folded
from backend.domain.pipelines import queries as pipelines


@dataclass(frozen=True, slots=True)
class Checked:
    """Some cards were looked at: the last one's id (0 = no more), how many rows differed of how
    many cards."""

    last: int
    cards: int
    differing: int
    rows: int


async def check(tx: Unit, after: int, *, mend: bool = False) -> Checked:
    """Compute the facts of the next cards behind an id from their events.

    The cards are held meanwhile, so that no move comes between their events and their facts.
    """
    held = await folded.held(tx, after, folding.BATCH)
    if not held:
        return Checked(0, 0, 0, 0)
    known = await pipelines.all_stages(tx, None, "en")
    found = await folding.differing(tx, held, known)
    rows = sum(apart(stored, told) for stored, told in found.values())
    if mend:
        await folding.refold(tx, list(found), known)
    return Checked(held[-1], len(held), len(found), rows)
