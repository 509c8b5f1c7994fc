"""Reading the files of agreements."""

from msgspec import Struct
from sqlalchemy import select

from backend.db.models import agreement, agreement_file
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.agreements.queries import seen
from backend.domain.agreements.schemas import AgreementFile
from backend.errors import NotFound


class Stored(Struct, frozen=True):
    """A file with what is in it."""

    name: str
    content: bytes


async def one(tx: Unit, viewer: Viewer, agreement_id: int) -> Stored:
    """The file of an agreement that exists for the viewer; NotFound."""
    f = agreement_file.c
    query = (
        select(f.name, f.content)
        .join(agreement, agreement.c.id == f.agreement_id)
        .where(f.agreement_id == agreement_id, seen(viewer))
    )
    row = await tx.first(query)
    if row is None:
        raise NotFound("There is no such file")
    return Stored(**row)


async def stored(tx: Unit, agreement_id: int) -> AgreementFile | None:
    """What is told of the file of an agreement; None where it has none."""
    told = (agreement_file.c[name] for name in AgreementFile.__struct_fields__)
    row = await tx.first(select(*told).where(agreement_file.c.agreement_id == agreement_id))
    return None if row is None else AgreementFile(**row)
