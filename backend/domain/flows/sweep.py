"""The sweep: brings every due renewal into work, exactly once, whatever was missed."""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError

from backend.db.engines import Database
from backend.db.session import Deliver, Unit, passing, unit
from backend.domain.access import DIRECT, Company, Origin, Viewer
from backend.domain.ledger import actions as ledger
from backend.domain.ledger import queries
from backend.domain.moves import renewing
from backend.domain.renewals.schemas import SweepRun
from backend.domain.users.queries import as_system
from backend.errors import DomainError, pointed

log = logging.getLogger(__name__)

# On SQLite everybody else who writes waits for the end of a batch.
BATCH = {"postgresql": 25, "sqlite": 8}


def business_day(now: datetime, company: Company) -> date:
    """The day that is due at an instant: the company's, and the day before until the sweep hour."""
    local = now.astimezone(ZoneInfo(company.time_zone))
    return local.date() - timedelta(days=local.hour < company.sweep_hour)


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
    run_id, day = await unit(database, now, lambda tx: _begin(tx, trigger, today))
    while await unit(database, now, lambda tx: _batch(tx, run_id, day, origin), deliver):
        pass
    return await unit(database, now, lambda tx: _end(tx, run_id))


async def within(tx: Unit, trigger: str, today: date, origin: Origin = DIRECT) -> SweepRun:
    """The same as one part of a larger transaction."""
    run_id, day = await _begin(tx, trigger, today)
    while await _batch(tx, run_id, day, origin):
        pass
    return await _end(tx, run_id)


async def _begin(tx: Unit, trigger: str, today: date | None) -> tuple[int, date]:
    viewer = await as_system(tx, "worker")
    day = today or business_day(await queries.database_now(tx), viewer.company)
    if trigger == "cron":
        last = await queries.last_success(tx)
        if last is not None and last < day - timedelta(days=1):
            trigger = "catch_up"
    return await ledger.open_run(tx, day, trigger), day


async def _batch(tx: Unit, run_id: int, today: date, origin: Origin) -> bool:
    """Activate some; whether there may be more."""
    viewer = await as_system(tx, "worker", origin=origin)
    most = BATCH[tx.conn.dialect.name]
    due = await queries.claim(tx, today, most)
    done = 0
    for row in due:
        done += await _activate(tx, viewer, row, run_id)
    late = max(((today - row["activates_on"]).days for row in due), default=0)
    if due:
        await ledger.count(tx, run_id, len(due), done, len(due) - done, late)
    return len(due) == most


async def _activate(tx: Unit, viewer: Viewer, row: Any, run_id: int) -> bool:
    """One activation, whole or not at all; a failure is noted and stops nothing."""
    effects = len(tx.effects)
    try:
        async with tx.conn.begin_nested():
            await renewing.activate(tx, viewer, row["id"], row["version"], run_id)
    except DBAPIError as error:
        if passing(error):
            raise  # a rival got in the way: the whole batch is tried again
        await _failed(tx, row, error)
    except Exception as error:  # whatever is wrong with one must not stop the rest
        await _failed(tx, row, error)
    else:
        return True
    del tx.effects[effects:]
    return False


async def _failed(tx: Unit, row: Any, error: Exception) -> None:
    told = error.message if isinstance(error, DomainError) else type(error).__name__
    log.error("renewal %s could not be activated: %s", row["id"], told)
    await ledger.fail(tx, row["id"], row["failures"], told)


async def _end(tx: Unit, run_id: int) -> SweepRun:
    await ledger.close_run(tx, run_id)
    return await queries.run(tx, run_id)


def demand_not_later(today: date | None, now: datetime, company: Company) -> None:
    """Only the command line may sweep for a day that has not come."""
    if today is not None and today > company.today(now):
        raise pointed("a sweep for a later day is run by the command line alone", "/today")
