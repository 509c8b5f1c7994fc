"""Reading pipelines, stages and reasons."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, Struct
from sqlalchemy import Table, select

from backend.db.models import activation_target, pipeline, reason, stage
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Unit
from backend.domain import stages as machine
from backend.domain.access import Viewer
from backend.domain.money import unscaled
from backend.domain.pipelines.schemas import (
    CheckItem,
    Names,
    PipelineFilters,
    PipelineOut,
    Pipelines,
    ReasonFilters,
    ReasonOut,
    Reasons,
    StageFilters,
    StageOut,
    Stages,
)
from backend.domain.stages import Reason, Stage, StageKind
from backend.errors import Conflict, NotFound, pointed


class Pipeline(Struct, frozen=True):
    """A pipeline as the rules see it, with its living stages in order."""

    id: int
    kind: str
    key: str
    active: bool
    renewal_on_win: str | None
    lead_time: str | None
    approval_mode: str | None
    stages: tuple[Stage, ...]

    def stage(self, given: int | str) -> Stage | None:
        """A stage by key, or by id (an integer, or digits)."""
        for found in self.stages:
            if given in (found.id, found.key, str(found.id)):
                return found
        return None

    def of_kind(self, kind: StageKind) -> Stage | None:
        return next((s for s in self.stages if s.kind is kind), None)


def as_stage(row: Mapping[str, Any], locale: str) -> Stage:
    """A stage row as the machine's stage."""
    arrows = row["from_stages"]
    return Stage(
        id=row["id"],
        pipeline_id=row["pipeline_id"],
        key=row["key"],
        kind=StageKind(row["kind"]),
        position=row["position"],
        name=row[f"name_{locale}"],
        probability=row["probability"],
        required_fields=tuple(row["required_fields"]),
        from_stages=None if arrows is None else tuple(arrows),
    )


async def hold(tx: Unit, pipeline_id: int) -> None:
    """Let nobody change a pipeline, its stages or its reasons until this transaction ends.

    Whoever writes many cards of it need not have it read again for each.
    """
    query = select(pipeline.c.id).where(pipeline.c.id == pipeline_id)
    await tx.run(query.with_for_update(read=True))
    tx.held[pipeline_id] = {}


async def load(tx: Unit, pipeline_id: int, locale: str) -> Pipeline:
    """A pipeline with its living stages."""
    return await tx.once(pipeline_id, locale, lambda: _load(tx, pipeline_id, locale))


async def _load(tx: Unit, pipeline_id: int, locale: str) -> Pipeline:
    query = (
        select(*stage.c, *(c.label(f"p_{c.name}") for c in pipeline.c))
        .join(pipeline, pipeline.c.id == stage.c.pipeline_id)
        .where(stage.c.pipeline_id == pipeline_id, stage.c.deleted_at.is_(None))
        .order_by(stage.c.position, stage.c.id)
    )
    rows = await tx.rows(query)
    if not rows:
        raise NotFound("There is no such pipeline")
    top = rows[0]
    return Pipeline(
        id=pipeline_id, kind=top["p_kind"], key=top["p_key"], active=top["p_active"],
        renewal_on_win=top["p_renewal_on_win"], lead_time=top["p_lead_time"],
        approval_mode=top["p_approval_mode"],
        stages=tuple(as_stage(row, locale) for row in rows),
    )  # fmt: skip


async def choose(tx: Unit, kind: str, given: int | str | None, locale: str) -> Pipeline:
    """The pipeline of a kind by key or id, else the kind's first active one."""
    if given in tx.held and (held := await load(tx, int(given or 0), locale)).kind == kind:
        return held
    query = select(pipeline.c.id).where(pipeline.c.kind == kind)
    if given is None:
        query = query.where(pipeline.c.active).order_by(pipeline.c.position, pipeline.c.id)
    elif isinstance(given, int) or given.isdecimal():
        query = query.where(pipeline.c.id == int(given))
    else:
        query = query.where(pipeline.c.key == given)
    found = await tx.scalar(query.limit(1))
    if found is None:
        raise pointed(
            f"There is no {kind} pipeline “{given or 'that is switched on'}”", "/pipeline", NotFound
        )
    return await load(tx, found, locale)


async def of_stage(tx: Unit, stage_id: int, locale: str) -> Pipeline | None:
    """The pipeline that a living stage belongs to."""
    query = select(stage.c.pipeline_id).where(stage.c.id == stage_id, stage.c.deleted_at.is_(None))
    found = await tx.scalar(query)
    return None if found is None else await load(tx, found, locale)


async def all_stages(tx: Unit, pipeline_ids: set[int] | None, locale: str) -> dict[int, Stage]:
    """Every stage of some pipelines, or of all; a deleted one's id gives what replaced it."""
    if pipeline_ids is not None and len(pipeline_ids) == 1:
        (only,) = pipeline_ids
        return await tx.once(only, "stages", lambda: _all_stages(tx, pipeline_ids, locale))
    return await _all_stages(tx, pipeline_ids, locale)


async def _all_stages(tx: Unit, pipeline_ids: set[int] | None, locale: str) -> dict[int, Stage]:
    query = select(stage)
    if pipeline_ids is not None:
        query = query.where(stage.c.pipeline_id.in_(pipeline_ids))
    rows = {row["id"]: row for row in await tx.rows(query)}
    found = {number: as_stage(row, locale) for number, row in rows.items()}
    return {number: found[_living(rows, number)] for number in rows}


def _living(rows: Mapping[int, Mapping[str, Any]], number: int) -> int:
    """The end of a chain of replacements."""
    while (instead := rows[number]["replaced_by_id"]) is not None:
        number = instead
    return number


def demand_living(known: Mapping[int, Stage], target: Stage) -> None:
    """Conflict where a stage was deleted while a card went there."""
    if known[target.id].id != target.id:
        raise Conflict(f"“{target.name}” was deleted meanwhile; read the pipeline again")


async def reasons(tx: Unit, pipeline_id: int, use: str, locale: str) -> list[Reason]:
    """The reasons a pipeline offers for a purpose, in order."""
    return await tx.once(pipeline_id, use, lambda: _reasons(tx, pipeline_id, use, locale))


async def _reasons(tx: Unit, pipeline_id: int, use: str, locale: str) -> list[Reason]:
    query = (
        select(reason)
        .where(reason.c.pipeline_id == pipeline_id, reason.c.use == use, ~reason.c.archived)
        .order_by(reason.c.position, reason.c.id)
    )
    return [
        Reason(
            id=row["id"], key=row["key"], name=row[f"name_{locale}"], group=row["group"],
            churn=row["churn"], ask=row["ask"], ask_required=row["ask_required"],
        )
        for row in await tx.rows(query)
    ]  # fmt: skip


async def activation_stage(tx: Unit, home: Pipeline, locale: str) -> tuple[Pipeline, Stage]:
    """Where the renewals of a pipeline go when their time has come."""
    query = select(activation_target.c.stage_id).where(activation_target.c.pipeline_id == home.id)
    target_id = await tx.scalar(query)
    if target_id is not None:
        other = await of_stage(tx, target_id, locale)
        found = other.stage(target_id) if other is not None else None
        if other is not None and found is not None:
            return other, found
    return home, machine.first_open(home.stages)


def stage_out(row: Mapping[str, Any], locale: str) -> StageOut:
    """A stage row as the contract shows it."""
    return StageOut(
        id=row["id"], pipeline_id=row["pipeline_id"], key=row["key"], kind=row["kind"],
        position=row["position"], group=row[f"group_{locale}"], name=row[f"name_{locale}"],
        names=Names(row["name_ru"], row["name_en"]), meaning=row[f"meaning_{locale}"],
        meanings=Names(row["meaning_ru"], row["meaning_en"]),
        instructions=row[f"instructions_{locale}"],
        instructions_in=Names(row["instructions_ru"], row["instructions_en"]),
        probability=row["probability"], rot_days=row["rot_days"], wip_limit=row["wip_limit"],
        required_fields=row["required_fields"], from_stages=row["from_stages"],
        checklist=[CheckItem(**item) for item in row["checklist"]], version=row["version"],
    )  # fmt: skip


def reason_out(row: Mapping[str, Any], locale: str) -> ReasonOut:
    """A reason row as the contract shows it."""
    limit = row["limit_percent"]
    return ReasonOut(
        id=row["id"], pipeline_id=row["pipeline_id"], use=row["use"], key=row["key"],
        name=row[f"name_{locale}"], names=Names(row["name_ru"], row["name_en"]),
        group=row["group"], churn=row["churn"], ask=row["ask"], ask_required=row["ask_required"],
        limit_percent=None if limit is None else unscaled(limit, 2), streak=row["streak"],
        position=row["position"], archived=row["archived"], version=row["version"],
    )  # fmt: skip


def _pipeline(row: Mapping[str, Any], locale: str, stages: list[StageOut]) -> PipelineOut:
    return PipelineOut(
        id=row["id"], kind=row["kind"], key=row["key"], name=row[f"name_{locale}"],
        names=Names(row["name_ru"], row["name_en"]), position=row["position"],
        active=row["active"], renewal_on_win=row["renewal_on_win"], lead_time=row["lead_time"],
        approval_mode=row["approval_mode"], stages=stages, version=row["version"],
    )  # fmt: skip


async def page(tx: Unit, viewer: Viewer, filters: PipelineFilters) -> Pipelines:
    """A page of the pipelines with their stages: two queries whatever their number."""
    query = select(pipeline)
    for name in ("kind", "key", "active"):
        if getattr(filters, name) is not None:
            query = query.where(pipeline.c[name] == getattr(filters, name))
    found = await fetch(tx.conn, query, Paging.asked(filters), _sorts(pipeline), pipeline.c.id)
    items = await _with_stages(tx, viewer, found.rows)
    total = UNSET if found.total is None else found.total
    return Pipelines(items=items, next_cursor=found.next_cursor, total=total)


async def one(tx: Unit, viewer: Viewer, pipeline_id: int) -> PipelineOut:
    """A pipeline with its stages; NotFound."""
    rows = await tx.rows(select(pipeline).where(pipeline.c.id == pipeline_id))
    if not rows:
        raise NotFound("There is no such pipeline")
    return (await _with_stages(tx, viewer, rows))[0]


async def _with_stages(tx: Unit, viewer: Viewer, rows: list[Any]) -> list[PipelineOut]:
    locale = viewer.company.locale
    stages: dict[int, list[StageOut]] = {row["id"]: [] for row in rows}
    of_these = (
        select(stage)
        .where(stage.c.pipeline_id.in_(stages), stage.c.deleted_at.is_(None))
        .order_by(stage.c.position, stage.c.id)
    )
    for row in await tx.rows(of_these):
        stages[row["pipeline_id"]].append(stage_out(row, locale))
    return [_pipeline(row, locale, stages[row["id"]]) for row in rows]


def _sorts(table: Table) -> dict[str, SortKey]:
    return {"id": SortKey(table.c.id, int), "position": SortKey(table.c.position, int)}


async def stage_page(tx: Unit, viewer: Viewer, pipeline_id: int, filters: StageFilters) -> Stages:
    """A page of the living stages of a pipeline; NotFound where there is no such pipeline."""
    await demand_pipeline(tx, pipeline_id)
    query = select(stage).where(stage.c.pipeline_id == pipeline_id, stage.c.deleted_at.is_(None))
    if filters.kind is not None:
        query = query.where(stage.c.kind == filters.kind)
    paging = Paging.asked(filters)
    found = await fetch(tx.conn, query, paging, _sorts(stage), stage.c.id)
    items = [stage_out(row, viewer.company.locale) for row in found.rows]
    total = UNSET if found.total is None else found.total
    return Stages(items=items, next_cursor=found.next_cursor, total=total)


async def one_stage(tx: Unit, viewer: Viewer, pipeline_id: int, stage_id: int) -> StageOut:
    """A living stage of a pipeline; NotFound."""
    query = select(stage).where(
        stage.c.id == stage_id, stage.c.pipeline_id == pipeline_id, stage.c.deleted_at.is_(None)
    )
    row = await tx.first(query)
    if row is None:
        raise NotFound("There is no such stage in this pipeline")
    return stage_out(row, viewer.company.locale)


async def reason_page(
    tx: Unit, viewer: Viewer, pipeline_id: int, filters: ReasonFilters
) -> Reasons:
    """A page of the reasons of a pipeline; NotFound where there is no such pipeline."""
    await demand_pipeline(tx, pipeline_id)
    query = select(reason).where(reason.c.pipeline_id == pipeline_id)
    for name in ("use", "archived"):
        if getattr(filters, name) is not None:
            query = query.where(reason.c[name] == getattr(filters, name))
    paging = Paging.asked(filters)
    found = await fetch(tx.conn, query, paging, _sorts(reason), reason.c.id)
    items = [reason_out(row, viewer.company.locale) for row in found.rows]
    total = UNSET if found.total is None else found.total
    return Reasons(items=items, next_cursor=found.next_cursor, total=total)


async def one_reason(tx: Unit, viewer: Viewer, pipeline_id: int, reason_id: int) -> ReasonOut:
    """A reason of a pipeline; NotFound."""
    query = select(reason).where(reason.c.id == reason_id, reason.c.pipeline_id == pipeline_id)
    row = await tx.first(query)
    if row is None:
        raise NotFound("There is no such reason in this pipeline")
    return reason_out(row, viewer.company.locale)


async def demand_pipeline(tx: Unit, pipeline_id: int) -> None:
    """NotFound where there is no such pipeline."""
    if await tx.scalar(select(pipeline.c.id).where(pipeline.c.id == pipeline_id)) is None:
        raise NotFound("There is no such pipeline")
