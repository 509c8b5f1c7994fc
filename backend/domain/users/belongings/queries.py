"""Reading what a user has to look after: his clients, pending cards and running agreements."""

from sqlalchemy import Select, func, select

from backend.db.models import agreement, card, client
from backend.db.session import Row, Unit


def _clients(user_id: int) -> Select[int]:
    return select(client.c.id).where(client.c.owner_id == user_id, client.c.deleted_at.is_(None))


def _cards(user_id: int) -> Select[int, str]:
    """Open and waiting ones; of a closed card nobody has to do anything."""
    return select(card.c.id, card.c.kind).where(
        card.c.owner_id == user_id,
        card.c.state.in_(("open", "waiting")),
        card.c.deleted_at.is_(None),
    )


def _agreements(user_id: int) -> Select[int]:
    return select(agreement.c.id).where(
        agreement.c.owner_id == user_id,
        agreement.c.status == "running",
        agreement.c.deleted_at.is_(None),
    )


async def count(tx: Unit, user_id: int) -> dict[str, int]:
    """How much of each there is."""
    every = {
        "cards": _cards(user_id), "clients": _clients(user_id), "agreements": _agreements(user_id),
    }  # fmt: skip
    return {
        name: int(await tx.scalar(select(func.count()).select_from(query.subquery())))
        for name, query in every.items()
    }


async def clients(tx: Unit, user_id: int) -> list[int]:
    """His clients."""
    return list((await tx.run(_clients(user_id).order_by(client.c.id))).scalars())


async def cards(tx: Unit, user_id: int) -> list[Row]:
    """His open and waiting cards, in the order of locking."""
    return await tx.rows(_cards(user_id).order_by(card.c.id))


async def agreements(tx: Unit, user_id: int) -> list[int]:
    """His running agreements."""
    return list((await tx.run(_agreements(user_id).order_by(agreement.c.id))).scalars())
