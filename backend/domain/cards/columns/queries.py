"""Reading the order of a column: neighbours, ends, keys."""

from sqlalchemy import ColumnElement, and_, bindparam, literal_column, select

from backend.db.models import card
from backend.db.prepared import Prepared
from backend.db.session import Unit
from backend.domain.access import Viewer, sees_card

# The ends of the index; a min() or max() beside another condition would read the whole column.
# Their limit is written out, so that PostgreSQL need not guess it and plans them once.
_ONE: ColumnElement[int] = literal_column("1")
_FIRST = select(card.c.position).order_by(card.c.position).limit(_ONE)
_LAST = Prepared(
    select(card.c.position)
    .where(card.c.stage_id == bindparam("stage_id"), card.c.id != bindparam("card_id"))
    .order_by(card.c.position.desc())
    .limit(_ONE)
)


async def neighbours(
    tx: Unit, stage_id: int, after_id: int | None, card_id: int
) -> tuple[str | None, str | None]:
    """The keys between which a card is put: behind `after_id`, or at the column's top (None)."""
    others = and_(card.c.stage_id == stage_id, card.c.id != card_id)
    if after_id is None:
        top = await tx.scalar(_FIRST.where(others))
        return None, top
    before = await tx.scalar(select(card.c.position).where(others, card.c.id == after_id))
    if before is None:
        return await last(tx, stage_id, card_id), None
    return before, await tx.scalar(_FIRST.where(others, card.c.position > before))


async def last(tx: Unit, stage_id: int, card_id: int = 0) -> str | None:
    """The last key of a column."""
    key: str | None = await tx.scalar(_LAST, {"stage_id": stage_id, "card_id": card_id})
    return key


async def is_seen(tx: Unit, viewer: Viewer, card_id: int, stage_id: int) -> bool:
    """Whether a neighbour named by the caller stands in the column and exists for him."""
    query = select(card.c.id).where(
        card.c.id == card_id,
        card.c.stage_id == stage_id,
        card.c.deleted_at.is_(None),
        sees_card(viewer),
    )
    return await tx.scalar(query) is not None


async def column_ids(tx: Unit, stage_id: int) -> list[int]:
    """The cards of a column in order."""
    query = (
        select(card.c.id).where(card.c.stage_id == stage_id).order_by(card.c.position, card.c.id)
    )
    return list((await tx.run(query)).scalars())


async def position_taken(tx: Unit, stage_id: int, position: str, card_id: int) -> bool:
    """Whether another card of the column has this key."""
    query = select(card.c.id).where(
        card.c.stage_id == stage_id, card.c.position == position, card.c.id != card_id
    )
    return await tx.scalar(query) is not None
