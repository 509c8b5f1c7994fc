"""Stages added, put in another order or deleted: cards and their facts follow at once."""

from collections.abc import Sequence

from backend.db.session import Row, Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.cards.folding import actions as folding
from backend.domain.cards.folding import queries as folded
from backend.domain.pipelines import queries as pipelines
from backend.domain.pipelines import rules
from backend.domain.pipelines.schemas import StageCreate, StageFields
from backend.domain.pipelines.stages import actions as stages
from backend.domain.versions import demand_version
from backend.errors import NotAcceptable, pointed


async def add_stage(tx: Unit, viewer: Viewer, pipeline_id: int, fields: StageCreate) -> int:
    """Add a stage to a pipeline; its id."""
    before = await _order(tx, pipeline_id)
    stage_id = await stages.create(tx, viewer, pipeline_id, fields)
    await _tell_anew(tx, viewer, pipeline_id, before, ())
    return stage_id


async def edit_stage(
    tx: Unit,
    viewer: Viewer,
    pipeline_id: int,
    stage_id: int,
    fields: StageFields,
    if_match: int | None,
) -> None:
    """Write the given fields of a stage."""
    before = await _order(tx, pipeline_id)
    await stages.edit(tx, viewer, pipeline_id, stage_id, fields, if_match)
    await _tell_anew(tx, viewer, pipeline_id, before, ())


async def delete_stage(
    tx: Unit,
    viewer: Viewer,
    pipeline_id: int,
    stage_id: int,
    move_to: int | str,
    if_match: int | None,
) -> None:
    """Delete a stage: its cards go to another, and the past is told as if they had always been.

    Conflict for offers, NotAcceptable where the other stage is of another sort or nothing of a
    kind would be left.
    """
    access.demand_settings(viewer)
    before = await _order(tx, pipeline_id)
    home = await stages.locked(tx, pipeline_id)
    rows = await stages.living(tx, pipeline_id)
    gone = stages.one_of(rows, stage_id)
    demand_version(gone["version"], if_match)
    rules.demand_free_stages(home["kind"])
    instead = _instead(rows, gone, move_to)
    left = [row["kind"] for row in rows.values() if row["id"] != stage_id]
    rules.demand_whole(home["kind"], left)
    await stages.hold(tx, stage_id)
    concerned = await folded.of_stage(tx, stage_id)
    await folding.resettle(tx, viewer, stage_id, instead["id"])
    await stages.retire(tx, viewer, home, gone, instead)
    await _tell_anew(tx, viewer, pipeline_id, before, concerned)


def _instead(rows: dict[int, Row], gone: Row, move_to: int | str) -> Row:
    for row in rows.values():
        if move_to in (row["id"], row["key"], str(row["id"])) and row["id"] != gone["id"]:
            if not rules.same_sort(gone["kind"], row["kind"]):
                raise pointed(
                    f"cards of “{gone['key']}” ({gone['kind']}) cannot stand in “{row['key']}”"
                    f" ({row['kind']})",
                    "/move_to",
                    NotAcceptable,
                )
            return row
    raise pointed("this pipeline has no such other stage", "/move_to", NotAcceptable)


async def _order(tx: Unit, pipeline_id: int) -> list[int]:
    """The open stages in order, with the pipeline locked against other changes of it."""
    await stages.locked(tx, pipeline_id)
    return stages.open_order(await stages.living(tx, pipeline_id))


async def _tell_anew(
    tx: Unit, viewer: Viewer, pipeline_id: int, before: Sequence[int], concerned: Sequence[int]
) -> None:
    """Fold the facts of the cards for which the pipeline's new shape means another past."""
    after = stages.open_order(await stages.living(tx, pipeline_id))
    if rules.order_matters(before, after):
        concerned = await folded.of_pipeline(tx, pipeline_id)
    if concerned:
        known = await pipelines.all_stages(tx, None, viewer.company.locale)
        await folding.refold(tx, concerned, known)
