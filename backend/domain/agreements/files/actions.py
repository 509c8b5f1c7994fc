"""Writing the files of agreements: one each, in the place of the one before."""

from msgspec import to_builtins
from sqlalchemy import Delete, delete, insert

from backend.db.models import agreement_file
from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.agreements import actions, queries
from backend.domain.agreements.files import queries as files
from backend.domain.agreements.files import rules
from backend.domain.agreements.schemas import AgreementFile, FileFields
from backend.domain.versions import demand_version
from backend.errors import NotFound


async def attach(
    tx: Unit, viewer: Viewer, agreement_id: int, file: FileFields, if_match: int | None
) -> int:
    """Store a file in the place of the one that is there; the agreement's new version."""
    rules.demand_size(file.content)
    made = AgreementFile(rules.bare(file.name), len(file.content), tx.now)
    former = await _former(tx, viewer, agreement_id, if_match)
    if former is not None:
        await tx.run(_without(agreement_id))
    row = {
        "agreement_id": agreement_id, "name": made.name, "size": made.size,
        "content": file.content, "added_at": made.added_at,
    }  # fmt: skip
    await tx.run(insert(agreement_file), row)
    return await _told(tx, viewer, agreement_id, former, made)


async def remove(tx: Unit, viewer: Viewer, agreement_id: int, if_match: int | None) -> int:
    """Take the file away; the agreement's new version. NotFound where there is none."""
    former = await _former(tx, viewer, agreement_id, if_match)
    if former is None:
        raise NotFound("There is no such file")
    await tx.run(_without(agreement_id))
    return await _told(tx, viewer, agreement_id, former, None)


async def _former(
    tx: Unit, viewer: Viewer, agreement_id: int, if_match: int | None
) -> AgreementFile | None:
    """The file that is about to go, of an agreement that is locked by then."""
    row = await queries.locked(tx, viewer, agreement_id)
    access.demand_edit(viewer, row["owner_id"], "agreement")
    demand_version(row["version"], if_match)
    return await files.stored(tx, agreement_id)


def _without(agreement_id: int) -> Delete:
    return delete(agreement_file).where(agreement_file.c.agreement_id == agreement_id)


async def _told(
    tx: Unit,
    viewer: Viewer,
    agreement_id: int,
    before: AgreementFile | None,
    after: AgreementFile | None,
) -> int:
    change = {"field": "file", "before": to_builtins(before), "after": to_builtins(after)}
    return await actions.change(tx, viewer, agreement_id, beside=[change])
