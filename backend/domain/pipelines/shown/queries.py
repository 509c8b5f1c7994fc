"""Reading pipelines, stages and reasons as the outside sees them."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET
from sqlalchemy import Select, Table, func, select

from backend.db.models import card, pipeline, reason, stage
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Unit
from backend.domain.access import Viewer, sees_pipeline
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
from backend.domain.pipelines.ties import queries as ties
from backend.errors import NotFound


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
        checklist=[CheckItem(**item) for item in row["checklist"]],
        computes_renewal_date=row["computes_renewal_date"], version=row["version"],
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
        approval_mode=row["approval_mode"], conversion_warning=row["conversion_warning"],
        stages=stages, version=row["version"],
        **ties.from_row(row),
    )  # fmt: skip


def _pipelines(viewer: Viewer) -> Select[Any]:
    """The pipelines that are not closed to the viewer, with what they are tied to."""
    return select(pipeline, *ties.COLUMNS).where(sees_pipeline(viewer, pipeline.c.id))


async def page(tx: Unit, viewer: Viewer, filters: PipelineFilters) -> Pipelines:
    """A page of the pipelines with their stages: two queries whatever their number."""
    query = _pipelines(viewer)
    for name in ("kind", "key", "active"):
        if getattr(filters, name) is not None:
            query = query.where(pipeline.c[name] == getattr(filters, name))
    found = await fetch(tx, query, Paging.asked(filters), _sorts(pipeline), pipeline.c.id)
    items = await _with_stages(tx, viewer, found.rows)
    total = UNSET if found.total is None else found.total
    return Pipelines(items=items, next_cursor=found.next_cursor, total=total)


async def one(tx: Unit, viewer: Viewer, pipeline_id: int) -> PipelineOut:
    """A pipeline with its stages; NotFound."""
    rows = await tx.rows(_pipelines(viewer).where(pipeline.c.id == pipeline_id))
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
    await demand_pipeline(tx, viewer, pipeline_id)
    query = select(stage).where(stage.c.pipeline_id == pipeline_id, stage.c.deleted_at.is_(None))
    if filters.kind is not None:
        query = query.where(stage.c.kind == filters.kind)
    paging = Paging.asked(filters)
    found = await fetch(tx, query, paging, _sorts(stage), stage.c.id)
    items = [stage_out(row, viewer.company.locale) for row in found.rows]
    total = UNSET if found.total is None else found.total
    return Stages(items=items, next_cursor=found.next_cursor, total=total)


async def one_stage(tx: Unit, viewer: Viewer, pipeline_id: int, stage_id: int) -> StageOut:
    """A living stage of a pipeline; NotFound."""
    query = select(stage).where(
        stage.c.id == stage_id, stage.c.pipeline_id == pipeline_id, stage.c.deleted_at.is_(None),
        sees_pipeline(viewer, stage.c.pipeline_id),
    )  # fmt: skip
    row = await tx.first(query)
    if row is None:
        raise NotFound("There is no such stage in this pipeline")
    return stage_out(row, viewer.company.locale)


async def reason_page(
    tx: Unit, viewer: Viewer, pipeline_id: int, filters: ReasonFilters
) -> Reasons:
    """A page of the reasons of a pipeline; NotFound where there is no such pipeline."""
    await demand_pipeline(tx, viewer, pipeline_id)
    query = select(reason).where(reason.c.pipeline_id == pipeline_id)
    for name in ("use", "archived"):
        if getattr(filters, name) is not None:
            query = query.where(reason.c[name] == getattr(filters, name))
    paging = Paging.asked(filters)
    found = await fetch(tx, query, paging, _sorts(reason), reason.c.id)
    items = [reason_out(row, viewer.company.locale) for row in found.rows]
    total = UNSET if found.total is None else found.total
    return Reasons(items=items, next_cursor=found.next_cursor, total=total)


async def one_reason(tx: Unit, viewer: Viewer, pipeline_id: int, reason_id: int) -> ReasonOut:
    """A reason of a pipeline; NotFound."""
    query = select(reason).where(
        reason.c.id == reason_id, reason.c.pipeline_id == pipeline_id,
        sees_pipeline(viewer, reason.c.pipeline_id),
    )  # fmt: skip
    row = await tx.first(query)
    if row is None:
        raise NotFound("There is no such reason in this pipeline")
    return reason_out(row, viewer.company.locale)


async def demand_pipeline(tx: Unit, viewer: Viewer, pipeline_id: int) -> None:
    """NotFound where there is no such pipeline, or it is closed to the viewer."""
    seen = sees_pipeline(viewer, pipeline.c.id)
    if await tx.scalar(select(pipeline.c.id).where(pipeline.c.id == pipeline_id, seen)) is None:
        raise NotFound("There is no such pipeline")


async def cards_in_stages(tx: Unit) -> dict[int, int]:
    """How many cards stand in each stage, whoever owns them: for who writes the stages."""
    query = select(card.c.stage_id, func.count()).where(card.c.deleted_at.is_(None))
    return dict(list(await tx.run(query.group_by(card.c.stage_id))))
