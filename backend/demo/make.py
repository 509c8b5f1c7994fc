"""Making the demo: played in a database of its own, then brought whole into the product's."""

import gc
import random
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.engines import Database
from backend.db.session import Unit, writing
from backend.demo import enquiries, people, sales, terms
from backend.demo.play import Play
from backend.domain.access import Viewer
from backend.domain.flows.runs import business_day
from backend.domain.flows.transfer import transfer_client
from backend.domain.pipelines import queries as pipelines
from backend.domain.users.queries import as_system
from backend.domain.workdays import START

SEED = 20_061
MONTHS = 18
DAYS = 548
KNOWN = 46  # clients there are when the play begins
AGREED = 100  # agreements of theirs
ENQUIRIES = 770
ORDERS = 190

Event = Callable[[Unit, Play], Awaitable[None]]


async def play(database: Database, now: datetime, share: float = 1.0, seed: int = SEED) -> Play:
    """Eighteen months of sales that end now, in one transaction; what was played.

    `share` makes a smaller company of it. The same seed, share and instant give the same.
    """
    gc.disable()  # so many small things; few of them are ever garbage
    try:
        async with database.write() as conn:
            whole = await _set(conn, now, share, seed)
            await whole.run()
            last = business_day(now, whole.worker.company)
            async with writing(conn, now) as tx:
                await terms.dawn(tx, whole, last)
    finally:
        gc.enable()
    return whole


async def _set(conn: AsyncConnection, now: datetime, share: float, seed: int) -> Play:
    """The beginning, and all that comes from outside in its time."""
    worker = await as_system(Unit(conn, now), "worker")
    begins = now - timedelta(days=DAYS)
    async with writing(conn, begins) as tx:
        reasons = await _reasons(tx, worker)
        whole = Play(conn, random.Random(seed), begins, now, worker, reasons, held=tx.held)
        await people.hire(tx, whole)
        await people.stock(tx, whole)
        for _ in range(max(round(KNOWN * share), 3)):
            owner = people.seller(whole)
            await people.meet(tx, whole, owner, *people.firm(whole.chance))
        for _ in range(round(AGREED * share)):
            patron = whole.chance.choice(list(whole.patrons.values()))
            await terms.agree(tx, whole, people.seller(whole), patron)
    _spread(whole, round(ENQUIRIES * share), enquiries.arrive)
    _spread(whole, round(ORDERS * share), sales.buy)
    _spread(whole, round(8 * share), _hand_over)
    _dawns(whole)
    return whole


async def _reasons(tx: Unit, worker: Viewer) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for kind in ("lead", "offer", "deal", "renewal"):
        home = await pipelines.choose(tx, worker, kind, None)
        await pipelines.hold(tx, home.id)  # nobody changes it meanwhile: it is read once
        known = await pipelines.reasons(tx, home.id, "lost", "ru")
        found[home.key] = {reason.key: reason.id for reason in known}
    return found


def _spread(whole: Play, count: int, event: Event) -> None:
    """Let something come from outside so many times, more often as the company grows."""
    for _ in range(count):
        way = whole.chance.random() ** 0.8
        day = (whole.begins + way * (whole.ends - whole.begins)).astimezone(whole.zone).date()
        when = _working(whole, START.forward(day, 0))
        whole.at(when, lambda tx: event(tx, whole))


def _working(whole: Play, day: date) -> datetime:
    start = datetime.combine(day, time(9), whole.zone)
    return start + timedelta(minutes=whole.chance.uniform(0, 9 * 60))


def _dawns(whole: Play) -> None:
    """The sweeps of all days, at their hour."""
    company = whole.worker.company
    day = whole.begins.astimezone(whole.zone).date()
    while True:
        day += timedelta(days=1)
        hour = time(company.sweep_hour, 7)
        when = datetime.combine(day, hour, ZoneInfo(company.time_zone))
        if when > whole.ends:
            return
        whole.at(when, _dawn(whole, day))


def _dawn(whole: Play, day: date) -> Any:
    return lambda tx: terms.dawn(tx, whole, day)


async def _hand_over(tx: Unit, whole: Play) -> None:
    """A client gets another seller."""
    chance = whole.chance
    patron = chance.choice(list(whole.patrons.values()))
    to = chance.choice(list(whole.sellers.values()))
    note = "Клиент из другого сегмента"
    await transfer_client(tx, whole.worker, patron.id, to.id, note, None)
