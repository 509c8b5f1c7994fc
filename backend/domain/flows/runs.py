"""What all nightly jobs share: which day it is, a line in the ledger, one piece after the other."""

import logging
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError

from backend.db.session import Unit, passing
from backend.domain.access import Company
from backend.domain.ledger import actions as ledger
from backend.domain.ledger import queries
from backend.domain.users.queries import the_company
from backend.errors import DomainError, pointed

log = logging.getLogger(__name__)

# On SQLite everybody else who writes waits for the end of a batch.
BATCH = {"postgresql": 25, "sqlite": 8}


def business_day(now: datetime, company: Company) -> date:
    """The day that is due at an instant: the company's, and the day before until the sweep hour."""
    local = now.astimezone(ZoneInfo(company.time_zone))
    return local.date() - timedelta(days=local.hour < company.sweep_hour)


def demand_not_later(today: date | None, now: datetime, company: Company) -> None:
    """Only the command line may sweep for a day that has not come."""
    if today is not None and today > company.today(now):
        raise pointed("a sweep for a later day is run by the command line alone", "/today")


async def begin(
    tx: Unit, trigger: str, today: date | None, job: str = "renewals"
) -> tuple[int, date]:
    """Open a line of the ledger: its id, and the day it is for (default: by the database)."""
    day = today
    if day is None:
        day = business_day(await queries.database_now(tx), await the_company(tx.conn))
    if trigger == "cron":
        last = await queries.last_success(tx, job)
        if last is not None and last < day - timedelta(days=1):
            trigger = "catch_up"
    return await ledger.open_run(tx, day, trigger, job), day


async def apart(
    tx: Unit,
    what: str,
    work: Callable[[], Awaitable[object]],
    failed: Callable[[str], Awaitable[None]] | None = None,
) -> bool | None:
    """One piece of work, whole or not at all: whether it did something, None where it failed.

    A failure stops nothing: it is noted by `failed`, or the caller has another way.
    """
    try:
        async with tx.apart():
            return bool(await work())
    except DBAPIError as error:
        if passing(error) or error.connection_invalidated:
            raise  # nothing is wrong with this piece: the whole batch is tried again, or later
        told = type(error).__name__
    except Exception as error:  # whatever is wrong with one must not stop the rest
        told = error.message if isinstance(error, DomainError) else type(error).__name__
    log.log(logging.INFO if failed is None else logging.ERROR, "%s: %s", what, told)
    if failed is not None:
        await failed(told)
    return None
