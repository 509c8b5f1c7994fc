"""What rules did, and what they could not do: one row for each rule and term."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, update

from backend.db.models import reminder_failure, reminder_firing
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.feed.actions import announce
from backend.domain.ledger.actions import failed
from backend.domain.reminders.due import queries
from backend.domain.reminders.due.queries import Subject
from backend.domain.reminders.rules import Hit

Effects = Sequence[dict[str, Any]]


async def note(tx: Unit, hit: Hit, run_id: int, *, acted: bool) -> int:
    """Note that a rule has had its say in a term; the unique key lets that happen once."""
    values: dict[str, Any] = {
        "rule_id": hit.rule.id, "rule_version": hit.rule.version, "key": hit.rule.key,
        **hit.about, "wait": hit.wait, "anchor_on": hit.anchor_on, "due_on": hit.due_on,
        "fired_at": tx.now, "run_id": run_id, "acted": acted, "effects": [],
    }  # fmt: skip
    insertion = insert(reminder_firing).returning(reminder_firing.c.id)
    firing_id: int = await tx.scalar(insertion, values)
    return firing_id


async def keep(tx: Unit, firing_id: int, effects: Effects) -> None:
    """Keep what a rule made, beside its version."""
    where = reminder_firing.c.id == firing_id
    await tx.run(update(reminder_firing).where(where).values(effects=list(effects)))


async def tell(tx: Unit, viewer: Viewer, firing_id: int, hit: Hit) -> None:
    """Tell other systems that a rule has fired, through the log of what was written."""
    said = {**hit.about, "rule_id": hit.rule.id, "rule_version": hit.rule.version}
    changes = [
        {"field": name, "before": None, "after": value}
        for name, value in said.items()
        if value is not None
    ]
    await announce(tx, viewer, "fired", "reminder", firing_id, 1, changes)


async def fail(tx: Unit, about: Subject, error: str) -> None:
    """Note that nothing could be done for a record: it is tried again ever later."""
    known = await queries.failure(tx, about)
    values = failed(tx, 0 if known is None else known["failures"], error)
    if known is None:
        await tx.run(insert(reminder_failure), {f"{about[0]}_id": about[1], **values})
    else:
        where = reminder_failure.c.id == known["id"]
        await tx.run(update(reminder_failure).where(where).values(**values))


async def forget_failure(tx: Unit, about: Subject) -> None:
    """It went well in the end."""
    column = reminder_failure.c[f"{about[0]}_id"]
    await tx.run(delete(reminder_failure).where(column == about[1]))
