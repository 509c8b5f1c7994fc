"""The nightly walk through all histories, for what no trigger and no constraint can see."""

import logging
import time
from typing import Any

from backend.db.session import Unit, unit
from backend.domain.vitals import actions, queries

log = logging.getLogger(__name__)

CARDS = 2000
LONGEST = 40.0  # seconds of one run; the next one goes on where it ended


async def check_histories(ctx: dict[str, Any]) -> None:
    """Count breaks in the histories; /metrics tells what the last whole walk has found."""
    resources = ctx["resources"]
    until = time.monotonic() + LONGEST
    after = await unit(resources.database, resources.now, actions.reached)
    while time.monotonic() < until:
        async with resources.database.read() as conn:
            last, breaks = await queries.broken_histories(Unit(conn, resources.now()), after, CARDS)
        if breaks:
            log.error("%s breaks in the histories of the cards from %s to %s", breaks, after, last)

        async def note(tx: Unit, last: int = last, breaks: int = breaks) -> None:
            await actions.note_histories(tx, last, breaks)

        await unit(resources.database, resources.now, note)
        if last == 0:
            return
        after = last
