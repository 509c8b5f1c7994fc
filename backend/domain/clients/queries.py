"""Reading clients: who may see them, and what is derived about them."""

from sqlalchemy import and_, exists, select

from backend.db.models import agreement, churn_interval, client, contact
from backend.db.session import Unit
from backend.domain.access import Viewer, sees_client
from backend.errors import NotFound, pointed


async def demand_seen(
    tx: Unit, viewer: Viewer, client_id: int, pointer: str = "/client_id"
) -> None:
    """NotFound where the client does not exist for the viewer."""
    query = select(client.c.id).where(
        client.c.id == client_id, client.c.deleted_at.is_(None), sees_client(viewer)
    )
    if await tx.scalar(query) is None:
        raise pointed("There is no such client", pointer, NotFound)


async def demand_contact(tx: Unit, viewer: Viewer, contact_id: int) -> None:
    """NotFound where the contact does not exist for the viewer."""
    query = (
        select(contact.c.id)
        .join(client, client.c.id == contact.c.client_id)
        .where(contact.c.id == contact_id, contact.c.deleted_at.is_(None), sees_client(viewer))
    )
    if await tx.scalar(query) is None:
        raise pointed("There is no such contact", "/contact_id", NotFound)


async def holds_agreement(tx: Unit, client_id: int, except_id: int | None = None) -> bool:
    """Whether the client has a running agreement (other than one)."""
    running = and_(
        agreement.c.client_id == client_id,
        agreement.c.status == "running",
        agreement.c.deleted_at.is_(None),
    )
    if except_id is not None:
        running = and_(running, agreement.c.id != except_id)
    return bool(await tx.scalar(select(exists().where(running))))


async def open_churn(tx: Unit, client_id: int) -> list[int]:
    """The client's churn intervals that are neither closed nor void."""
    query = select(churn_interval.c.id).where(
        churn_interval.c.client_id == client_id,
        churn_interval.c.closed_on.is_(None),
        churn_interval.c.voided_at.is_(None),
    )
    return list((await tx.run(query)).scalars())
