"""Live changes: a stream of thin signals, ids and versions, that a browser asks about itself.

Rights and filters are looked at when it asks. A stream ends after some minutes and is opened anew
by the browser, so that whoever may not listen any more does not.
"""

import json
import time
from collections.abc import AsyncIterator, Sequence
from typing import Literal

from litestar import get
from litestar.params import FromQuery
from litestar.response import Stream

from backend.db.session import Unit
from backend.domain.feed import queries
from backend.live import Entry, after
from backend.resources import Resources
from backend.routes.web.pages import SAFE
from backend.routes.web.view import ViewDep

HEARTBEAT = 15.0
LONGEST = 600.0  # seconds of one stream
REPLAYED = 50  # cards; who has missed more loads the columns again
LOOKED_BACK = 2000
HEADERS = {**SAFE, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@get("/events", include_in_schema=False)
async def events(
    view: ViewDep,
    board: FromQuery[Literal["leads", "offers", "deals", "renewals"]],
    since: FromQuery[int | None] = None,
) -> Stream:
    sent = view.request.headers.get("last-event-id", "")
    seq = int(sent) if sent.isdecimal() and len(sent) < 16 else since
    told = signals(view.resources, board.removesuffix("s"), seq)
    return Stream(told, media_type="text/event-stream", headers=HEADERS)


async def signals(resources: Resources, kind: str, since: int | None) -> AsyncIterator[str]:
    """What has happened since a number of the log, then what happens."""
    live, end = resources.live, time.monotonic() + LONGEST
    with live.listening(resources.database, resources.now, resources.wake) as listener:
        await live.begun()
        yield await _missed(resources, kind, since)
        while time.monotonic() < end:
            heard = await listener.hear(HEARTBEAT)
            if None in heard:
                return  # too far behind: the browser comes again and is told to load the columns
            told = [entry for entry in heard if entry is not None]
            yield _signal(kind, told) if told else ": \n\n"


async def _missed(resources: Resources, kind: str, since: int | None) -> str:
    async with resources.database.read() as connection:
        tx = Unit(connection, resources.now())
        found = [] if since is None else await after(tx, since, LOOKED_BACK)
        seq = found[-1].seq if found else await queries.horizon(tx)
    cards = {entry.record_id for entry in found if entry.kind == kind}
    if len(found) == LOOKED_BACK or len(cards) > REPLAYED:
        return f"event: reload\nid: {seq}\ndata: \n\n"
    return _signal(kind, found) if cards else f"id: {seq}\n\n"


def _signal(kind: str, entries: Sequence[Entry]) -> str:
    """The cards of one kind among entries of the log, each with its last version."""
    cards: dict[int, int] = {}
    for entry in entries:
        if entry.kind == kind:
            cards[entry.record_id] = entry.version
    seq = entries[-1].seq
    if not cards:
        return f"id: {seq}\n\n"
    return f"event: cards\nid: {seq}\ndata: {json.dumps(list(cards.items()))}\n\n"
