"""Giving alerts, and taking them back."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import update

from backend.db.models import notification
from backend.db.session import Row, Unit
from backend.domain.access import Viewer
from backend.domain.feed.actions import announce
from backend.domain.feed.rules import differences
from backend.domain.notifications import actions as notifications
from backend.domain.notifications.alerts import queries, rules
from backend.domain.notifications.alerts.rules import Alert, Place
from backend.domain.users.queries import hold_company


async def keep(
    tx: Unit, viewer: Viewer, wanted: Mapping[Place, Alert], judged: Callable[[str], bool]
) -> None:
    """See that everybody is told just what holds; whoever does the same meanwhile waits."""
    await hold_company(tx)
    given = await queries.given(tx, (key for _, key in wanted))
    steps = rules.steps(wanted, given, judged)
    for place in steps.give:
        alert = wanted[place]
        about = {
            "card_id": alert.card_id, "client_id": alert.client_id, "alert": alert.key,
            "report": alert.report,
        }  # fmt: skip
        await notifications.give(tx, viewer, place[0], alert.text, about)
    for place in steps.restore:
        await _mark(tx, viewer, given[place], "restored", None)
    for place in steps.withdraw:
        await _mark(tx, viewer, given[place], "deleted", tx.now)


async def _mark(tx: Unit, viewer: Viewer, row: Row, what: str, at: datetime | None) -> None:
    version = row["version"] + 1
    values = {"withdrawn_at": at, "version": version, "updated_at": tx.written_at}
    await tx.run(update(notification).where(notification.c.id == row["id"]).values(**values))
    changes = differences(row, values)
    await announce(tx, viewer, what, "notification", row["id"], version, changes)
