"""Reading the sweep's ledger and what is due."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, or_, select

from backend.db.base import Instant
from backend.db.models import card, renewal, sweep_run
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Row, Unit
from backend.domain.ledger.rules import is_silent
from backend.domain.ledger.schemas import Night
from backend.domain.renewals.schemas import SweepFilters, SweepRun, SweepRuns

FIELDS = SweepRun.__struct_fields__
NIGHTS = 31  # that are shown at once
RENEWALS = sweep_run.c.job == "renewals"


async def database_now(tx: Unit) -> datetime:
    """The database's clock: the one that decides what is due."""
    found: datetime = await tx.scalar(select(func.now(type_=Instant())))
    return found


async def claim(tx: Unit, today: date, limit: int) -> list[Any]:
    """The oldest due renewals that nobody else holds, locked until this transaction ends."""
    query = (
        select(
            card.c.id,
            card.c.version,
            card.c.pipeline_id,
            renewal.c.activates_on,
            renewal.c.failures,
        )
        .join(renewal, renewal.c.card_id == card.c.id)
        .where(
            renewal.c.waiting,
            renewal.c.activates_on <= today,
            renewal.c.review_since.is_(None),
            or_(renewal.c.retry_at.is_(None), renewal.c.retry_at <= tx.now),
            card.c.state == "waiting",
        )
        .order_by(renewal.c.activates_on, renewal.c.card_id)
        .limit(limit)
        # Both are held: what a rival changed on either meanwhile is looked at anew.
        .with_for_update(of=(card, renewal), skip_locked=True)
    )
    return await tx.rows(query)


async def run(tx: Unit, run_id: int) -> SweepRun:
    """A line of the ledger."""
    row = await tx.first(select(sweep_run).where(sweep_run.c.id == run_id))
    assert row is not None
    return SweepRun(**{name: row[name] for name in FIELDS})


async def page(tx: Unit, filters: SweepFilters) -> SweepRuns:
    """A page of the ledger, newest first."""
    paging = Paging.of(filters.limit, "-id", filters.cursor, False, "sweeps")
    keys = {"id": SortKey(sweep_run.c.id, int)}
    found = await fetch(tx, select(sweep_run).where(RENEWALS), paging, keys, sweep_run.c.id)
    items = [SweepRun(**{name: row[name] for name in FIELDS}) for row in found.rows]
    quiet = await silence(tx)
    return SweepRuns(items, found.next_cursor, None if quiet is None else quiet["finished_at"])


async def nights(tx: Unit, job: str, before: date | None = None) -> list[Night]:
    """What the runs of a job have done, day by day, the newest first; those before a day."""
    c = sweep_run.c
    unfinished = func.sum(case((c.finished_at.is_(None), 1), else_=0))
    query = (
        select(
            c.today, func.count().label("runs"), unfinished.label("interrupted"),
            *(func.sum(c[name]).label(name) for name in ("checked", "activated", "failed")),
            func.max(c.late_days_max).label("late_days_max"),
            func.max(c.finished_at).label("finished_at"),
        )
        .where(c.job == job)
        .group_by(c.today)
        .order_by(c.today.desc())
        .limit(NIGHTS)
    )  # fmt: skip
    if before is not None:
        query = query.where(c.today < before)
    return [Night(**row) for row in await tx.rows(query)]


async def silence(tx: Unit) -> Row | None:
    """The last sweep that came to its end, where that is too long ago."""
    query = (
        select(sweep_run.c.id, sweep_run.c.finished_at)
        .where(RENEWALS, sweep_run.c.finished_at.is_not(None))
        .order_by(sweep_run.c.id.desc())
        .limit(1)
    )
    row = await tx.first(query)
    return row if row is not None and is_silent(tx.now, row["finished_at"]) else None


async def last_success(tx: Unit, job: str = "renewals") -> date | None:
    """The last day that a finished sweep, or another job of the ledger, covered."""
    found: date | None = await tx.scalar(
        select(func.max(sweep_run.c.today)).where(
            sweep_run.c.job == job, sweep_run.c.finished_at.is_not(None)
        )
    )
    return found
