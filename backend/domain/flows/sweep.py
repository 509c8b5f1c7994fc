"""The sweep: brings every due renewal into work, exactly once, whatever was missed."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import Any

from backend.db.engines import Database
from backend.db.session import Deliver, Unit, unit
from backend.domain.access import DIRECT, Origin, Viewer
from backend.domain.flows import runs
from backend.domain.ledger import actions as ledger
from backend.domain.ledger import queries
from backend.domain.moves import activating, renewing
from backend.domain.renewals.schemas import SweepRun
from backend.domain.users.queries import as_system


async def sweep(
    database: Database,
    now: Callable[[], datetime],
    trigger: str,
    today: date | None = None,
    deliver: Deliver | None = None,
    origin: Origin = DIRECT,
) -> SweepRun:
    """Activate all that is due on `today` (default: by the database's clock); the ledger line.

    Small batches, each one transaction with a savepoint per renewal: a bad row stops nothing, a
    killed sweep leaves whole activations behind, and the next sweep finds the rest.
    """
    run_id, day = await unit(database, now, lambda tx: runs.begin(tx, trigger, today))
    while await unit(database, now, lambda tx: _batch(tx, run_id, day, origin), deliver):
        pass
    return await unit(database, now, lambda tx: _end(tx, run_id))


async def within(tx: Unit, trigger: str, today: date, origin: Origin = DIRECT) -> SweepRun:
    """The same as one part of a larger transaction."""
    run_id, day = await runs.begin(tx, trigger, today)
    while await _batch(tx, run_id, day, origin):
        pass
    return await _end(tx, run_id)


async def _batch(tx: Unit, run_id: int, today: date, origin: Origin) -> bool:
    """Activate some; whether there may be more."""
    viewer = await as_system(tx, "worker", origin=origin)
    most = runs.BATCH[tx.conn.dialect.name]
    due = await queries.claim(tx, today, most)
    done = 0
    for (_, untried), rows in groupby(due, lambda row: (row["pipeline_id"], not row["failures"])):
        done += await _activate_all(tx, viewer, list(rows), run_id, untried)
    late = max(((today - row["activates_on"]).days for row in due), default=0)
    if due:
        await ledger.count(tx, run_id, len(due), done, len(due) - done, late)
    return len(due) == most


async def _activate_all(
    tx: Unit, viewer: Viewer, rows: list[Any], run_id: int, untried: bool
) -> int:
    """Activate renewals of one pipeline together, or one by one where that fails; how many."""
    if untried and len(rows) > 1:
        ids = [row["id"] for row in rows]
        together = await runs.apart(
            tx,
            f"{len(ids)} renewals go one by one, for together they could not be activated",
            partial(activating.activate_all, tx, viewer, ids, run_id),
        )
        if together is not None:
            return len(rows)
    return sum([await _activate(tx, viewer, row, run_id) for row in rows])


async def _activate(tx: Unit, viewer: Viewer, row: Any, run_id: int) -> bool:
    """One activation, whole or not at all."""
    done = await runs.apart(
        tx,
        f"renewal {row['id']} could not be activated",
        partial(renewing.activate, tx, viewer, row["id"], row["version"], run_id),
        partial(ledger.fail, tx, row["id"], row["failures"]),
    )
    return done is not None


async def _end(tx: Unit, run_id: int) -> SweepRun:
    await ledger.close_run(tx, run_id)
    return await queries.run(tx, run_id)
