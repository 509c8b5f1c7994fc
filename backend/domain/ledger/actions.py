"""Writing the sweep's ledger and the failures of single renewals."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, insert, select, update

from backend.db.models import change, renewal, sweep_run
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.feed.actions import announce
from backend.domain.ledger import queries

PARK_AFTER = 5
LONGEST_WAIT = timedelta(hours=23)


async def open_run(tx: Unit, today: date, trigger: str, job: str = "renewals") -> int:
    """A new line of the ledger; its id."""
    values = {"started_at": tx.now, "today": today, "trigger": trigger, "job": job}
    run_id: int = await tx.scalar(insert(sweep_run).returning(sweep_run.c.id), values)
    return run_id


async def count(
    tx: Unit, run_id: int, checked: int, activated: int, failed: int, late: int
) -> None:
    """Add a batch's figures to a line, in the batch's own transaction."""
    c = sweep_run.c
    most: Any = _larger(c.late_days_max, late)
    await tx.run(
        update(sweep_run)
        .where(c.id == run_id)
        .values(
            checked=c.checked + checked,
            activated=c.activated + activated,
            failed=c.failed + failed,
            late_days_max=most,
        )
    )


def _larger(column: Any, value: int) -> Any:
    return case((column < value, value), else_=column)


async def close_run(tx: Unit, run_id: int) -> None:
    """The sweep came to its end."""
    await tx.run(update(sweep_run).where(sweep_run.c.id == run_id).values(finished_at=tx.now))


async def tell_silence(tx: Unit, viewer: Viewer) -> None:
    """Announce that the sweep has been silent for too long: once for each silence."""
    quiet = await queries.silence(tx)
    if quiet is None:
        return
    told = change.c.kind == "sweep", change.c.record_id == quiet["id"]
    if await tx.scalar(select(change.c.id).where(*told)) is None:
        await announce(tx, viewer, "silent", "sweep", quiet["id"], 1, [])


async def fail(tx: Unit, renewal_id: int, failures: int, error: str) -> None:
    """Note a failed activation: it is tried again ever later, at least daily.

    After 5 tries it is marked as parked, so that somebody looks; it is never given up.
    """
    values = failed(tx, failures, error)
    await tx.run(update(renewal).where(renewal.c.card_id == renewal_id).values(**values))


def failed(tx: Unit, failures: int, error: str) -> dict[str, Any]:
    """What is noted of something that has failed so often before, and now again."""
    wait = min(timedelta(minutes=5 * 2 ** min(failures, 10)), LONGEST_WAIT)
    return {
        "failures": failures + 1,
        "retry_at": tx.now + wait,
        "parked_at": tx.now if failures + 1 >= PARK_AFTER else None,
        "last_error": error[:1000],
    }
