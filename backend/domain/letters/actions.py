"""Writing letters to clients, and what became of them: an outbox that the worker empties."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, update

from backend.db.models import letter
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.activities import actions as activities
from backend.domain.activities.schemas import ActivityCreate
from backend.domain.ledger.actions import PARK_AFTER, failed
from backend.domain.letters import queries, rules
from backend.domain.letters.rules import Failure, Letter
from backend.domain.notifications import actions as notifications

# A letter that is being sent is nobody else's for so long; a sender that dies leaves it behind.
LEASE = timedelta(minutes=5)


async def write(tx: Unit, about: Mapping[str, Any], owner_id: int, texts: Mapping[str, str]) -> int:
    """Put a letter into the outbox; its id. It goes out only if the transaction is committed."""
    row = {
        **about, "owner_id": owner_id, **texts, "subject": rules.one_line(texts["subject"]),
        "written_at": tx.now, "retry_at": tx.now, "failures": 0,
    }  # fmt: skip
    return int(await tx.scalar(insert(letter).returning(letter.c.id), row))


async def claim(tx: Unit) -> Letter | None:
    """Take the next letter to send it; None where none waits."""
    row = await queries.next_waiting(tx)
    if row is None:
        return None
    await _write(tx, row["id"], retry_at=tx.now + LEASE)
    names = ("id", "recipient", "reply_to", "subject", "body", "failures")
    key = f"{row['id']}.{row['written_at']:%Y%m%d%H%M%S%f}"
    return Letter(**{name: row[name] for name in names}, key=key)


async def note_sent(tx: Unit, viewer: Viewer, letter_id: int) -> None:
    """It went out: a contact with the client, told beside all others."""
    row = await queries.locked(tx, letter_id)
    if row["sent_at"] is not None:
        return
    await _write(tx, letter_id, sent_at=tx.now, parked_at=None, last_error=None)
    body = f"{row['subject']}\n\n{row['body']}"
    about = {"card_id": row["card_id"], "client_id": row["client_id"]}
    said = ActivityCreate(kind="email", direction="out", body=body, **about)
    await activities.create(tx, viewer, said)


async def note_failure(tx: Unit, viewer: Viewer, letter_id: int, failure: Failure) -> None:
    """It did not go out: it is tried again ever later; its owner is told when it is given up."""
    row = await queries.locked(tx, letter_id)
    if row["sent_at"] is not None or row["parked_at"] is not None:
        return
    values = failed(tx, row["failures"], failure.why)
    if failure.for_good:
        values["parked_at"] = tx.now
    await _write(tx, letter_id, **values)
    if not failure.for_good and values["failures"] < PARK_AFTER:
        return
    names = ("card_id", "client_id", "rule_id", "rule_version")
    text = rules.told("refused", viewer.company.locale, recipient=row["recipient"], why=failure.why)
    about = {name: row[name] for name in names}
    await notifications.give(tx, viewer, row["owner_id"], text, about)


async def give_up_waiting(tx: Unit, why: str) -> None:
    """No letter that waits is sent any more."""
    c = letter.c
    waits = c.sent_at.is_(None), c.parked_at.is_(None)
    await tx.run(update(letter).where(*waits).values(parked_at=tx.now, last_error=why))


async def _write(tx: Unit, letter_id: int, **values: Any) -> None:
    await tx.run(update(letter).where(letter.c.id == letter_id).values(**values))
