"""Writing pipelines; their stages and reasons are written below."""

import tomllib
from pathlib import Path
from typing import Any

from msgspec import UNSET
from sqlalchemy import Table, exists, func, insert, select, update

from backend.db.models import pipeline, reason, stage
from backend.db.session import Row, Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.feed.actions import announce
from backend.domain.feed.rules import differences
from backend.domain.pipelines import rules
from backend.domain.pipelines.reasons.actions import first_reasons
from backend.domain.pipelines.schemas import PipelineCreate, PipelineFields
from backend.domain.pipelines.stages.actions import first_stages, locked
from backend.domain.pipelines.ties import actions as ties
from backend.domain.pipelines.ties.queries import held
from backend.domain.texts import given
from backend.domain.versions import demand_version
from backend.errors import Conflict, NotAcceptable, pointed

TEMPLATES = Path(__file__).parent / "templates"
CHOSEN = ("stages", "template")  # say what is made beside the pipeline itself


async def create(tx: Unit, viewer: Viewer, fields: PipelineCreate) -> int:
    """Make a pipeline with its stages and reasons; its id."""
    access.demand_settings(viewer)
    content = _template(fields)
    head = {**content.get("pipeline", {}), **_named(fields)}
    for name in ("kind", "key", "name_ru"):
        if name not in head:
            field = name.removesuffix("_ru")
            raise pointed(f"`{field}` is needed without a template", f"/{field}")
    await _demand_possible(tx, head)
    place = head.pop("position", None)
    tied = {name: head.pop(name) for name in ties.TIES if name in head}
    pipeline_id = await _insert(tx, viewer, head, place, tied)
    stages = content.get("stage") or first_stages(head["kind"], fields.stages)
    reasons = content.get("reason") or first_reasons(head["kind"])
    for table, rows in ((stage, stages), (reason, reasons)):
        for row in rows:
            await _add_part(tx, viewer, table, {**row, "pipeline_id": pipeline_id})
    if place is not None:
        await _rearrange(tx, viewer, pipeline_id, place)
    return pipeline_id


async def _add_part(tx: Unit, viewer: Viewer, table: Table, row: dict[str, Any]) -> None:
    number = await tx.scalar(insert(table).returning(table.c.id), {**row, "version": 1})
    await announce(tx, viewer, "created", table.name, number, 1, differences({}, row))


def _template(fields: PipelineCreate) -> dict[str, Any]:
    if fields.template is UNSET:
        return {}
    if fields.stages is not UNSET:
        raise pointed("a template has stages of its own", "/stages", NotAcceptable)
    known = {file.stem: file for file in TEMPLATES.glob("*.toml")}
    if fields.template not in known:
        there = ", ".join(sorted(known))
        raise pointed(f"there is no such template; there are {there}", "/template", NotAcceptable)
    content = tomllib.loads(known[fields.template].read_text(encoding="utf-8"))
    if fields.kind not in (UNSET, content["pipeline"]["kind"]):
        raise pointed(
            f"this template is for a {content['pipeline']['kind']}", "/kind", NotAcceptable
        )
    return content


def _named(fields: PipelineFields) -> dict[str, Any]:
    values = {name: value for name, value in given(fields).items() if name not in CHOSEN}
    if values.get("key") is None:
        values.pop("key", None)
    if "closed_to" in values:
        values["closed_to"] = sorted(set(values["closed_to"]))
    return rules.in_both(values)


async def _demand_possible(tx: Unit, head: dict[str, Any]) -> None:
    rules.demand_setting(head["kind"], head)
    await ties.demand_possible(tx, head)
    if head["kind"] == "offer":
        raise Conflict("Offers have one pipeline; its stages may be renamed")
    if await tx.scalar(select(exists().where(pipeline.c.key == head["key"]))):
        raise pointed("There is a pipeline with this key already", "/key", Conflict)
    if "name_en" not in head or "name_ru" not in head:
        raise pointed("a name is needed, for both languages or for each", "/names")


async def _insert(
    tx: Unit, viewer: Viewer, head: dict[str, Any], place: int | None, tied: dict[str, Any]
) -> int:
    last = await tx.scalar(select(func.max(pipeline.c.position))) or 0
    setting = {
        name: rules.SETTING_AT_START[kind]
        for name, kind in rules.OWN_SETTING.items()
        if kind == head["kind"]
    }
    start = {"active": True, "conversion_warning": rules.CONVERSION_WARNING}
    row = {**start, **setting, **head, "position": last + 1}
    query = insert(pipeline).returning(pipeline.c.id)
    pipeline_id: int = await tx.scalar(query, {**row, "version": 1, "updated_at": tx.written_at})
    if place is not None:
        row["position"] = await _place_of(tx, pipeline_id, place)
    await ties.write(tx, pipeline_id, tied)
    changes = differences({}, row | tied)
    await announce(tx, viewer, "created", "pipeline", pipeline_id, 1, changes)
    return pipeline_id


async def edit(
    tx: Unit, viewer: Viewer, pipeline_id: int, fields: PipelineFields, if_match: int | None
) -> bool:
    """Write the given fields of a pipeline; whether its lead time became another."""
    access.demand_settings(viewer)
    row = {**await locked(tx, pipeline_id), **await held(tx, pipeline_id)}
    demand_version(row["version"], if_match)
    values = _named(fields)
    rules.demand_setting(row["kind"], values)
    await ties.demand_possible(tx, values)
    if values.get("active") is False and row["active"]:
        await _demand_another(tx, row)
        await ties.demand_unled(tx, pipeline_id)
    place = values.pop("position", None)
    changed = {name: value for name, value in values.items() if row[name] != value}
    if changed and place is not None:
        changed["position"] = await _place_of(tx, pipeline_id, place)
    if changed:
        await _write(tx, viewer, row, changed)
    if place is not None:
        await _rearrange(tx, viewer, pipeline_id, place, written=bool(changed))
    return "lead_time" in changed


async def _demand_another(tx: Unit, row: Row) -> None:
    query = select(pipeline.c.id).where(pipeline.c.kind == row["kind"], pipeline.c.active)
    ids = (await tx.run(query.order_by(pipeline.c.id).with_for_update())).scalars()
    if set(ids) <= {row["id"]}:
        raise Conflict(f"This is the last {row['kind']} pipeline that is switched on")


async def _write(tx: Unit, viewer: Viewer, row: Row, changed: dict[str, Any]) -> None:
    version = row["version"] + 1
    own = {name: value for name, value in changed.items() if name not in ties.TIES}
    await tx.run(
        update(pipeline)
        .where(pipeline.c.id == row["id"])
        .values(**own, version=version, updated_at=tx.written_at)
    )
    await ties.write(tx, row["id"], changed)
    changes = differences(row, changed)
    await announce(tx, viewer, "updated", "pipeline", row["id"], version, changes)


async def _place_of(tx: Unit, moved: int, place: int) -> int:
    """The position that a pipeline will have which is put at a place."""
    query = select(pipeline.c.id).order_by(pipeline.c.position, pipeline.c.id)
    ids = list((await tx.run(query.with_for_update())).scalars())
    return rules.arranged(ids, moved, place).index(moved) + 1


async def _rearrange(
    tx: Unit, viewer: Viewer, moved: int, place: int, *, written: bool = True
) -> None:
    """Put a pipeline at a place among all; the one moved is announced once."""
    query = select(pipeline).order_by(pipeline.c.position, pipeline.c.id).with_for_update()
    rows = {row["id"]: row for row in await tx.rows(query)}
    for position, number in enumerate(rules.arranged(list(rows), moved, place), 1):
        if rows[number]["position"] == position:
            continue
        if number == moved and written:
            where = pipeline.c.id == number
            await tx.run(update(pipeline).where(where).values(position=position))
        else:
            await _write(tx, viewer, rows[number], {"position": position})
