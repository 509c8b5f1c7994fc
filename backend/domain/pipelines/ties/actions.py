"""Writing what a pipeline is tied to: closed roles, and where its renewals come into work."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert

from backend.db.models import activation_target, pipeline_closed
from backend.db.session import Unit
from backend.domain.pipelines.ties import queries
from backend.errors import Conflict, NotAcceptable, pointed

TIES = ("closed_to", "activation_stage_id")


async def demand_possible(tx: Unit, given: Mapping[str, Any]) -> None:
    """NotAcceptable for roles that are unknown or see everything, and for a stage not to enter."""
    roles = await queries.closable(tx) if given.get("closed_to") else {}
    for index, key in enumerate(given.get("closed_to", ())):
        if key not in roles:
            raise pointed(f"there is no role “{key}”", f"/closed_to/{index}", NotAcceptable)
        if not roles[key]:
            raise pointed(
                "who changes the settings sees every pipeline", f"/closed_to/{index}", NotAcceptable
            )
    stage_id = given.get("activation_stage_id")
    if stage_id is not None and not await queries.enterable(tx, stage_id):
        raise pointed(
            "choose an open stage of a renewal pipeline that is switched on",
            "/activation_stage_id",
            NotAcceptable,
        )


async def demand_unled(tx: Unit, pipeline_id: int) -> None:
    """Conflict where a pipeline is switched off into which another one's renewals come."""
    other = await queries.led_to(tx, pipeline_id)
    if other is not None:
        raise Conflict(f"Renewals of “{other}” come into work here: lead them elsewhere first")


async def write(tx: Unit, pipeline_id: int, given: Mapping[str, Any]) -> None:
    """Replace the ties that are given."""
    if "closed_to" in given:
        await tx.run(delete(pipeline_closed).where(pipeline_closed.c.pipeline_id == pipeline_id))
        rows = [{"pipeline_id": pipeline_id, "role": key} for key in given["closed_to"]]
        if rows:
            await tx.run(insert(pipeline_closed), rows)
    if "activation_stage_id" in given:
        own = activation_target.c.pipeline_id == pipeline_id
        await tx.run(delete(activation_target).where(own))
        if (stage_id := given["activation_stage_id"]) is not None:
            row = {"pipeline_id": pipeline_id, "stage_id": stage_id}
            await tx.run(insert(activation_target), row)
