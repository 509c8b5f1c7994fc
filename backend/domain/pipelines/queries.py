"""Reading pipelines, stages and reasons."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, select

from backend.db.models import activation_target, pipeline, reason, stage
from backend.db.session import Unit
from backend.domain import stages as machine
from backend.domain.access import Viewer
from backend.domain.money import unscaled
from backend.domain.pipelines.schemas import (
    CheckItem,
    Names,
    PipelineFilters,
    PipelineOut,
    ReasonOut,
    StageOut,
)
from backend.domain.stages import Reason, Stage, StageKind
from backend.errors import NotFound, pointed


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


async def load(tx: Unit, pipeline_id: int, locale: str) -> Pipeline:
    """A pipeline with its living stages."""
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


async def all_stages(tx: Unit, pipeline_ids: set[int], locale: str) -> dict[int, Stage]:
    """Every stage of some pipelines by id, deleted ones too (history names them)."""
    query = select(stage).where(stage.c.pipeline_id.in_(pipeline_ids))
    return {row["id"]: as_stage(row, locale) for row in await tx.rows(query)}


async def reasons(tx: Unit, pipeline_id: int, use: str, locale: str) -> list[Reason]:
    """The reasons a pipeline offers for a purpose, in order."""
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


def _pipelines() -> Select[Any]:
    return select(pipeline).order_by(pipeline.c.position, pipeline.c.id)


async def listed(tx: Unit, viewer: Viewer, filters: PipelineFilters) -> list[PipelineOut]:
    """Pipelines with their stages, two queries whatever their number."""
    query = _pipelines()
    if filters.kind is not None:
        query = query.where(pipeline.c.kind == filters.kind)
    if filters.active is not None:
        query = query.where(pipeline.c.active == filters.active)
    return await _with_stages(tx, viewer, query)


async def one(tx: Unit, viewer: Viewer, pipeline_id: int) -> PipelineOut:
    """A pipeline with its stages; NotFound."""
    found = await _with_stages(tx, viewer, _pipelines().where(pipeline.c.id == pipeline_id))
    if not found:
        raise NotFound("There is no such pipeline")
    return found[0]


async def _with_stages(tx: Unit, viewer: Viewer, query: Select[Any]) -> list[PipelineOut]:
    locale = viewer.company.locale
    rows = await tx.rows(query)
    ids = [row["id"] for row in rows]
    stages: dict[int, list[StageOut]] = {number: [] for number in ids}
    of_these = (
        select(stage)
        .where(stage.c.pipeline_id.in_(ids), stage.c.deleted_at.is_(None))
        .order_by(stage.c.position, stage.c.id)
    )
    for row in await tx.rows(of_these):
        stages[row["pipeline_id"]].append(stage_out(row, locale))
    return [
        PipelineOut(
            id=row["id"], kind=row["kind"], key=row["key"], name=row[f"name_{locale}"],
            names=Names(row["name_ru"], row["name_en"]), position=row["position"],
            active=row["active"], renewal_on_win=row["renewal_on_win"], lead_time=row["lead_time"],
            approval_mode=row["approval_mode"], stages=stages[row["id"]], version=row["version"],
        )
        for row in rows
    ]  # fmt: skip


async def stage_rows(tx: Unit, viewer: Viewer, pipeline_id: int) -> list[StageOut]:
    """The living stages of a pipeline."""
    query = (
        select(stage)
        .where(stage.c.pipeline_id == pipeline_id, stage.c.deleted_at.is_(None))
        .order_by(stage.c.position, stage.c.id)
    )
    return [stage_out(row, viewer.company.locale) for row in await tx.rows(query)]


async def reason_rows(tx: Unit, viewer: Viewer, pipeline_id: int) -> list[ReasonOut]:
    """All reasons of a pipeline, archived ones too."""
    query = (
        select(reason)
        .where(reason.c.pipeline_id == pipeline_id)
        .order_by(reason.c.use.desc(), reason.c.position, reason.c.id)
    )
    return [reason_out(row, viewer.company.locale) for row in await tx.rows(query)]
