"""Telling heads of broken limits and of streaks: once each, and no longer than they hold."""

from collections.abc import Callable
from datetime import datetime

from backend.db.engines import Database
from backend.db.session import Deliver, Unit, unit
from backend.domain.funnels.alerts import queries, rules
from backend.domain.notifications.alerts import actions as alerts
from backend.domain.notifications.alerts import queries as given
from backend.domain.notifications.alerts.rules import steps
from backend.domain.users.queries import as_system


async def tell_heads(
    database: Database, now: Callable[[], datetime], deliver: Deliver | None = None
) -> bool:
    """Give what holds now and was not told yet, take back what does not; whether there was any.

    Reports are reckoned before anything is held: nobody waits for them. What they say is found
    anew each time, so a run that was killed, or late, or beside another one, is made up for.
    """
    async with database.read() as conn:
        tx = Unit(conn, now())
        viewer = await as_system(tx, "worker")
        wanted = await queries.wanted(tx, viewer)
        looked_at = {f"{first:%Y-%m}" for first, _ in rules.months(viewer.company.today(tx.now))}
        known = await given.given(tx, (key for _, key in wanted))

    def judged(key: str) -> bool:
        return rules.is_judged(key, looked_at)

    if not steps(wanted, known, judged):
        return False
    await unit(database, now, lambda tx: alerts.keep(tx, viewer, wanted, judged), deliver)
    return True
