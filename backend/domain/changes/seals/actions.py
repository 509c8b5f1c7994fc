"""Sealing the log."""

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from backend.db.models import change_seal
from backend.db.session import Unit
from backend.domain.changes.seals.queries import Batch


async def seal(tx: Unit, batch: Batch) -> bool:
    """Put a seal under a batch; False where a rival was there before."""
    row = {name: getattr(batch, name) for name in batch.__struct_fields__}
    try:
        async with tx.apart():
            await tx.run(insert(change_seal), {**row, "at": tx.now})
    except IntegrityError:
        return False
    return True
