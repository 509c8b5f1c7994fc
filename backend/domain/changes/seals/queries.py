"""Reading the log batch by batch, to seal it or to see whether it is as it was sealed."""

from typing import Any

from msgspec import Struct
from sqlalchemy import func, select

from backend.db.models import change, change_seal
from backend.db.session import Unit
from backend.domain.changes.seals import rules
from backend.domain.feed.queries import horizon

BATCH = 1000
_CONTENT = tuple(
    change.c[name]
    for name in (
        "id", "at", "type", "kind", "record_id", "version", "actor_kind", "actor_id", "token_id",
        "channel", "request_id", "changes",
    )
)  # fmt: skip


class Batch(Struct, frozen=True):
    """Rows that are complete and not sealed yet, hashed."""

    from_seq: int
    to_seq: int
    count: int
    hash: str
    marks: bytes


class Report(Struct, frozen=True):
    """What became of the log since it was sealed; `wrong` names the first thing amiss."""

    rows: int
    seals: int
    head: str
    unsealed: int
    wrong: str | None


async def _digests(tx: Unit, after: int, up_to: int, limit: int | None) -> dict[int, bytes]:
    query = select(*_CONTENT).where(change.c.id > after, change.c.id <= up_to)
    rows = await tx.run(query.order_by(change.c.id).limit(limit))
    return {row[0]: rules.digest(row) for row in rows}


async def next_batch(tx: Unit) -> Batch | None:
    """What may be sealed next; None where nothing waits."""
    newest = select(change_seal.c.to_seq, change_seal.c.hash).order_by(change_seal.c.id.desc())
    last: Any = await tx.first(newest.limit(1)) or {"to_seq": 0, "hash": rules.FIRST}
    digests = await _digests(tx, last["to_seq"], await horizon(tx), BATCH)
    if not digests:
        return None
    from_seq, to_seq = last["to_seq"] + 1, max(digests)
    chained = rules.chained(last["hash"], from_seq, to_seq, digests)
    return Batch(from_seq, to_seq, len(digests), chained, rules.marks(digests))


async def verified(tx: Unit, noted: str | None = None) -> Report:
    """Compute every seal anew, up to the first one that does not fit.

    `noted` is the hash of a seal that somebody wrote down elsewhere: it has to be there still.
    """
    rows = seals = sealed = 0
    head, wrong, found = rules.FIRST, None, noted is None
    after = 0
    while wrong is None:
        query = select(change_seal).where(change_seal.c.id > after).order_by(change_seal.c.id)
        seal = await tx.first(query.limit(1))
        if seal is None:
            break
        digests = await _digests(tx, sealed, seal["to_seq"], None)
        wrong = rules.amiss(seal, head, sealed, digests)
        rows, seals = rows + len(digests), seals + 1
        after, sealed, head = seal["id"], seal["to_seq"], seal["hash"]
        found = found or head == noted
    if wrong is None and not found:
        wrong = "no seal has the hash that was noted: seals were removed, or made anew"
    waiting = select(func.count()).where(change.c.id > sealed)
    return Report(rows, seals, head, int(await tx.scalar(waiting)), wrong)
