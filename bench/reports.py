"""`make bench ARGS=--reports`: funnels from facts beside plain SQL over events; what a move costs.

The deals of two years, about four events each, lie in one pipeline or in several.
"""

import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

from sqlalchemy import text

from backend.db.engines import Database, open_database
from backend.db.session import Unit, writing
from backend.domain.access import Viewer
from backend.domain.cards import actions as cards
from backend.domain.cards.schemas import MoveRequest
from backend.domain.funnels import queries
from backend.domain.funnels.alerts.queries import wanted
from backend.domain.funnels.schemas import FunnelFilters
from backend.domain.moves import moving
from backend.domain.users.queries import as_system
from bench import data

TIMES = 5
MOVES = 200
FIRST = (data.TODAY - timedelta(days=200)).date()
# What the facts spare: each event beside the next of its card, and so each visit.
PLAIN = """
WITH cohort AS (
  SELECT id FROM card
  WHERE pipeline_id IN ({pipelines}) AND entered_at >= :start AND entered_at < :end
), steps AS (
  SELECT e.card_id, e.to_stage_id, e.at, lead(e.at) OVER w AS left_at,
    lead(e.to_stage_id) OVER w AS next_id
  FROM card_event e JOIN cohort ON cohort.id = e.card_id
  WHERE e.to_stage_id IS NOT NULL WINDOW w AS (PARTITION BY e.card_id ORDER BY e.seq)
)
SELECT to_stage_id, count(DISTINCT card_id), count(next_id),
  sum(CASE WHEN next_id IN ({lost}) THEN 1 ELSE 0 END){median}
FROM steps GROUP BY to_stage_id
"""
# What is asked of a pipeline besides its cohorts.
BESIDE: dict[str, dict[str, Any]] = {
    "who stands where": {"basis": "snapshot"},
    "who stood, 200 days ago": {"basis": "snapshot", "as_of": FIRST},
    "flow of a quarter": {"basis": "flow", "start": FIRST, "end": FIRST + timedelta(days=90)},
    "a quarter, as it was": {
        "start": FIRST, "end": FIRST + timedelta(days=90), "as_of": FIRST + timedelta(days=100)
    },
}  # fmt: skip
MEDIAN = ", percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM left_at - at))"


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


async def median(work: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds, of five tries after a warm one."""
    await work()
    spent = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await work()
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent)


async def funnels(database: Database, viewer: Viewer, deals: int, homes: int) -> None:
    """The periods, each with medians, as counts alone, and as plain SQL."""
    few = min(365, round(31_000 * homes / deals * 730))
    periods = {"a quarter": (1, 91), f"{few} days": (1, few), "everything": (1, None)}
    if homes > 1:
        periods |= {"a quarter, all": (homes, 91), "everything, all": (homes, None)}
    say(f"{'':23}{'cards':>9}{'medians':>10}{'counts':>9}{'events':>9}")
    for name, (many, days) in periods.items():
        start, end = (None, None) if days is None else (FIRST, FIRST + timedelta(days=days - 1))
        told = []
        for timed in (True, False):
            given = {"start": start, "end": end, "times": timed}
            told.append(await median(partial(asked, database, viewer, many, given)))
        plain = await median(partial(by_events, database, start, end, many))
        entered = await asked(database, viewer, many, {"start": start, "end": end, "times": False})
        say(f"{name:23}{entered:9}{told[0]:7.0f} ms{told[1]:6.0f} ms{plain:6.0f} ms")
    for name, given in BESIDE.items():
        spent = await median(partial(asked, database, viewer, 1, given))
        say(f"{name:23}{await asked(database, viewer, 1, given):9}{spent:7.0f} ms")


async def asked(database: Database, viewer: Viewer, homes: int, given: dict[str, Any]) -> int:
    """A funnel of the first pipelines, one after the other; how many cards are in them."""
    cards = 0
    for key in data.HOMES[:homes]:
        filters = FunnelFilters(pipeline=key, **given)
        async with database.read() as conn:
            cards += int((await queries.funnel(Unit(conn, data.TODAY), viewer, filters)).entered)
    return cards


async def by_events(database: Database, start: date | None, end: date | None, homes: int) -> None:
    exact = database.dialect == "postgresql"
    shifts = [data.APART * home for home in range(homes)]
    query = text(
        PLAIN.format(
            pipelines=", ".join(str(data.PIPELINE + shift) for shift in shifts),
            lost=", ".join(str(data.STAGES["lost"].id + shift) for shift in shifts),
            median=MEDIAN if exact else "",
        )
    )
    days = {
        "start": data.TODAY - timedelta(days=4000) if start is None else _midnight(start),
        "end": data.TODAY if end is None else _midnight(end + timedelta(days=1)),
    }
    async with database.read() as conn:
        (await conn.execute(query, days if exact else {k: str(v) for k, v in days.items()})).all()


async def alerts(database: Database, viewer: Viewer) -> None:
    """What the worker reckons every five minutes: broken limits and streaks."""

    async def told() -> int:
        async with database.read() as conn:
            return len(await wanted(Unit(conn, data.TODAY), viewer))

    say(f"{'what heads are told':23}{await told():9}{await median(told):7.0f} ms")


def _midnight(day: date) -> Any:
    return data.TODAY.replace(year=day.year, month=day.month, day=day.day)


class Enough(Exception):
    """Leaves a transaction without its writes."""


async def moves(database: Database, viewer: Viewer, homes: int) -> None:
    """The same moves with the facts and without, in turn; nothing of them is kept."""
    ids = [number for number in data.standing(2000 * homes, "s2") if number % homes == 0][:MOVES]
    spent: dict[bool, list[float]] = {True: [], False: []}

    async def no_facts(*_: Any) -> None:
        """What a move costs where nobody keeps facts."""

    for number, card_id in enumerate(ids):
        for facts in (True, False) if number % 2 else (False, True):
            with patch.object(cards, "write_facts", cards.write_facts if facts else no_facts):
                began = time.perf_counter()
                try:
                    async with database.write() as conn, writing(conn, data.TODAY) as tx:
                        await moving.move(tx, viewer, "deal", card_id, MoveRequest(stage="s3"), 1)
                        await tx.flush()
                        raise Enough
                except Enough:
                    spent[facts].append(1000 * (time.perf_counter() - began))
    with_facts, without = statistics.median(spent[True]), statistics.median(spent[False])
    say(
        f"a move: {with_facts:.2f} ms with facts, {without:.2f} ms without:"
        f" {with_facts / without:.2f} times"
    )


async def measured(url: str, deals: int, homes: int) -> None:
    """The report on one database."""
    database = open_database(url)
    try:
        async with database.read() as conn:
            viewer = await as_system(Unit(conn, data.TODAY), "worker")
        await funnels(database, viewer, deals, homes)
        await alerts(database, viewer)
        await moves(database, viewer, homes)
    finally:
        await database.dispose()
