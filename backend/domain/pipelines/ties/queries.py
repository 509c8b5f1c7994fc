"""Reading what a pipeline is tied to: closed roles, and where its renewals come into work."""

from typing import Any

from sqlalchemy import select

from backend.db.base import in_one_text
from backend.db.models import activation_target, pipeline, pipeline_closed, role, stage
from backend.db.session import Unit

_CLOSED = (
    select(in_one_text(pipeline_closed.c.role))
    .where(pipeline_closed.c.pipeline_id == pipeline.c.id)
    .scalar_subquery()
)
_TARGET = (
    select(activation_target.c.stage_id)
    .where(activation_target.c.pipeline_id == pipeline.c.id)
    .scalar_subquery()
)
# Beside the columns of a pipeline; `from_row` makes values of them.
COLUMNS = (_CLOSED.label("closed_to"), _TARGET.label("activation_stage_id"))


def from_row(row: Any) -> dict[str, Any]:
    """The values of the ties in a row that was read with their columns."""
    closed = row["closed_to"]
    return {
        "closed_to": sorted(closed.split(",")) if closed else [],
        "activation_stage_id": row["activation_stage_id"],
    }


async def held(tx: Unit, pipeline_id: int) -> dict[str, Any]:
    """What a pipeline is tied to now."""
    row = await tx.first(select(*COLUMNS).where(pipeline.c.id == pipeline_id))
    assert row is not None
    return from_row(row)


async def closable(tx: Unit) -> dict[str, bool]:
    """All roles, and whether a pipeline may be closed to them."""
    return {row["key"]: not row["settings"] for row in await tx.rows(select(role))}


async def enterable(tx: Unit, stage_id: int) -> bool:
    """Whether renewals may come into work in a stage; its pipeline stays so until the end."""
    query = (
        select(stage.c.id)
        .join(pipeline, pipeline.c.id == stage.c.pipeline_id)
        .where(
            stage.c.id == stage_id,
            stage.c.kind == "open",
            stage.c.deleted_at.is_(None),
            pipeline.c.kind == "renewal",
            pipeline.c.active,
        )
        .with_for_update(read=True)
    )
    return await tx.scalar(query) is not None


async def led_to(tx: Unit, pipeline_id: int) -> str | None:
    """The key of another pipeline whose renewals come into work in this one."""
    query = (
        select(pipeline.c.key)
        .join(activation_target, activation_target.c.pipeline_id == pipeline.c.id)
        .join(stage, stage.c.id == activation_target.c.stage_id)
        .where(stage.c.pipeline_id == pipeline_id, pipeline.c.id != pipeline_id)
        .order_by(pipeline.c.id)
        .limit(1)
    )
    found: str | None = await tx.scalar(query)
    return found
