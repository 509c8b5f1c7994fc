"""Pipelines, their stages and reasons in REST: everybody signed in reads them, admins write."""

from litestar import Response, Router, delete, get, patch, post

from backend.db.session import Unit
from backend.domain.flows import lead_times
from backend.domain.flows import stages as flow
from backend.domain.pipelines import actions
from backend.domain.pipelines.reasons import actions as reasons
from backend.domain.pipelines.schemas import (
    PipelineCreate,
    PipelineFields,
    PipelineFilters,
    PipelineOut,
    Pipelines,
    ReasonCreate,
    ReasonFields,
    ReasonFilters,
    ReasonOut,
    Reasons,
    StageCreate,
    StageFields,
    StageFilters,
    StageOut,
    StageRemoval,
    Stages,
)
from backend.domain.pipelines.shown import queries
from backend.routes.deps import CallDep, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of

STAGES, REASONS = "/{record_id:int}/stages", "/{record_id:int}/reasons"
ONE_STAGE, ONE_REASON = STAGES + "/{stage_id:int}", REASONS + "/{reason_id:int}"


@get(
    "/",
    operation_id="listPipelines",
    summary="List pipelines with their stages",
    dependencies={"filters": query_of(PipelineFilters)},
    **needs(PipelineFilters),
)
async def page(call: CallDep, filters: Query[PipelineFilters]) -> Pipelines:
    return await call.read(lambda tx: queries.page(tx, call.viewer, filters))


@get("/{record_id:int}", operation_id="getPipeline", summary="Read one pipeline", **needs())
async def one(call: CallDep, record_id: Path) -> Response[PipelineOut]:
    return await call.show(lambda tx: queries.one(tx, call.viewer, record_id))


@post(
    "/",
    operation_id="createPipeline",
    summary="Make a pipeline, from a template or with stages of one's own",
    status_code=201,
    **needs(),
)
async def create(call: CallDep, data: JSONBody[PipelineCreate]) -> Response[PipelineOut]:
    async def work(tx: Unit) -> PipelineOut:
        made = await actions.create(tx, call.viewer, data)
        return await queries.one(tx, call.viewer, made)

    return await call.write(work, 201, "/api/v1/pipelines/{id}")


@patch(
    "/{record_id:int}",
    operation_id="editPipeline",
    summary="Write fields of a pipeline",
    **needs(),
)
async def edit(
    call: CallDep, record_id: Path, data: JSONBody[PipelineFields], if_match: IfMatch
) -> Response[PipelineOut]:
    async def work(tx: Unit) -> PipelineOut:
        await lead_times.edit_pipeline(tx, call.viewer, record_id, data, if_match)
        return await queries.one(tx, call.viewer, record_id)

    return await call.write(work)


@get(
    STAGES,
    operation_id="listStages",
    summary="List the stages of a pipeline",
    dependencies={"filters": query_of(StageFilters)},
    **needs(StageFilters),
)
async def stage_page(call: CallDep, record_id: Path, filters: Query[StageFilters]) -> Stages:
    return await call.read(lambda tx: queries.stage_page(tx, call.viewer, record_id, filters))


@get(ONE_STAGE, operation_id="getStage", summary="Read one stage", **needs())
async def one_stage(call: CallDep, record_id: Path, stage_id: Path) -> Response[StageOut]:
    return await call.show(lambda tx: queries.one_stage(tx, call.viewer, record_id, stage_id))


@post(
    STAGES,
    operation_id="createStage",
    summary="Add a stage to a pipeline",
    status_code=201,
    **needs(),
)
async def create_stage(
    call: CallDep, record_id: Path, data: JSONBody[StageCreate]
) -> Response[StageOut]:
    async def work(tx: Unit) -> StageOut:
        made = await flow.add_stage(tx, call.viewer, record_id, data)
        return await queries.one_stage(tx, call.viewer, record_id, made)

    return await call.write(work, 201, f"/api/v1/pipelines/{record_id}/stages/{{id}}")


@patch(ONE_STAGE, operation_id="editStage", summary="Write fields of a stage", **needs())
async def edit_stage(
    call: CallDep,
    record_id: Path,
    stage_id: Path,
    data: JSONBody[StageFields],
    if_match: IfMatch,
) -> Response[StageOut]:
    async def work(tx: Unit) -> StageOut:
        await flow.edit_stage(tx, call.viewer, record_id, stage_id, data, if_match)
        return await queries.one_stage(tx, call.viewer, record_id, stage_id)

    return await call.write(work)


@delete(
    ONE_STAGE,
    operation_id="deleteStage",
    summary="Delete a stage; its cards go to another one",
    status_code=204,
    dependencies={"chosen": query_of(StageRemoval)},
    **needs(StageRemoval),
)
async def delete_stage(
    call: CallDep,
    record_id: Path,
    stage_id: Path,
    chosen: Query[StageRemoval],
    if_match: IfMatch,
) -> Response[None]:
    return await call.write(
        lambda tx: flow.delete_stage(
            tx, call.viewer, record_id, stage_id, chosen.move_to, if_match
        ),
        204,
    )


@get(
    REASONS,
    operation_id="listReasons",
    summary="List the reasons of a pipeline",
    dependencies={"filters": query_of(ReasonFilters)},
    **needs(ReasonFilters),
)
async def reason_page(call: CallDep, record_id: Path, filters: Query[ReasonFilters]) -> Reasons:
    return await call.read(lambda tx: queries.reason_page(tx, call.viewer, record_id, filters))


@get(ONE_REASON, operation_id="getReason", summary="Read one reason", **needs())
async def one_reason(call: CallDep, record_id: Path, reason_id: Path) -> Response[ReasonOut]:
    return await call.show(lambda tx: queries.one_reason(tx, call.viewer, record_id, reason_id))


@post(
    REASONS,
    operation_id="createReason",
    summary="Add a reason to a pipeline",
    status_code=201,
    **needs(),
)
async def create_reason(
    call: CallDep, record_id: Path, data: JSONBody[ReasonCreate]
) -> Response[ReasonOut]:
    async def work(tx: Unit) -> ReasonOut:
        made = await reasons.create(tx, call.viewer, record_id, data)
        return await queries.one_reason(tx, call.viewer, record_id, made)

    return await call.write(work, 201, f"/api/v1/pipelines/{record_id}/reasons/{{id}}")


@patch(
    ONE_REASON,
    operation_id="editReason",
    summary="Write fields of a reason, or archive it",
    **needs(),
)
async def edit_reason(
    call: CallDep,
    record_id: Path,
    reason_id: Path,
    data: JSONBody[ReasonFields],
    if_match: IfMatch,
) -> Response[ReasonOut]:
    async def work(tx: Unit) -> ReasonOut:
        await reasons.edit(tx, call.viewer, record_id, reason_id, data, if_match)
        return await queries.one_reason(tx, call.viewer, record_id, reason_id)

    return await call.write(work)


router = Router(
    "/pipelines",
    route_handlers=[
        page, one, create, edit, stage_page, one_stage, create_stage, edit_stage, delete_stage,
        reason_page, one_reason, create_reason, edit_reason,
    ],
    tags=["Pipelines"],
)  # fmt: skip
