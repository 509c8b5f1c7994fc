"""Writing the stages of a pipeline, which is locked and touched with each of them."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, UnsetType, to_builtins
from sqlalchemy import insert, select, update

from backend.db.models import (
    activation_target,
    card,
    deal,
    lead,
    offer,
    pipeline,
    renewal,
    stage,
)
from backend.db.session import Row, Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.feed.actions import announce
from backend.domain.feed.rules import differences
from backend.domain.pipelines import rules
from backend.domain.pipelines.schemas import CheckItem, StageCreate, StageFields
from backend.domain.texts import given
from backend.domain.versions import demand_version
from backend.errors import Conflict, NotAcceptable, NotFound, pointed

TABLES = {"lead": lead, "offer": offer, "deal": deal, "renewal": renewal}
LINES = {"offer": {"lines"}, "deal": {"product_lines"}}


async def locked(tx: Unit, pipeline_id: int) -> Row:
    """A pipeline, locked: its parts are written by one at a time; NotFound."""
    query = select(pipeline).where(pipeline.c.id == pipeline_id)
    row = await tx.first(query.with_for_update(key_share=True))  # cards may be made meanwhile
    if row is None:
        raise NotFound("There is no such pipeline")
    return row


async def living(tx: Unit, pipeline_id: int) -> dict[int, Row]:
    """The stages of a pipeline that are not deleted, in order."""
    query = (
        select(stage)
        .where(stage.c.pipeline_id == pipeline_id, stage.c.deleted_at.is_(None))
        .order_by(stage.c.position, stage.c.id)
    )
    return {row["id"]: row for row in await tx.rows(query)}


def open_order(rows: dict[int, Row]) -> list[int]:
    """The open stages in order: what is behind and what ahead in a funnel."""
    return [number for number, row in rows.items() if row["kind"] == "open"]


def first_stages(kind: str, wanted: Sequence[StageCreate] | UnsetType) -> list[dict[str, Any]]:
    """The stages of a new pipeline as rows: in the order given unless they have positions."""
    if wanted is UNSET:
        rows = rules.fewest(kind)
    else:
        places = [place if s.position is UNSET else s.position for place, s in enumerate(wanted, 1)]
        order = sorted(range(len(wanted)), key=places.__getitem__)
        rows = [
            {**_columns(kind, wanted[index]), "position": place}
            for place, index in enumerate(order, 1)
        ]
    keys = [row["key"] for row in rows]
    if len(set(keys)) != len(keys):
        raise pointed("each stage has a key of its own", "/stages", NotAcceptable)
    for row in rows:
        row.setdefault("probability", rules.PROBABILITY[row["kind"]])
        _demand_arrows(row.get("from_stages"), keys, "/stages")
    rules.demand_whole(kind, [row["kind"] for row in rows])
    return rows


async def create(tx: Unit, viewer: Viewer, pipeline_id: int, fields: StageCreate) -> int:
    """Add a stage to a pipeline; its id. Conflict where it is that of offers."""
    access.demand_settings(viewer)
    home = await locked(tx, pipeline_id)
    rules.demand_free_stages(home["kind"])
    rows = await living(tx, pipeline_id)
    values = _columns(home["kind"], fields)
    kinds = [row["kind"] for row in rows.values()]
    rules.demand_whole(home["kind"], [*kinds, values["kind"]])
    keys = [row["key"] for row in rows.values()]
    if values["key"] in keys:
        raise pointed("This pipeline has a stage with this key already", "/key", Conflict)
    _demand_arrows(values.get("from_stages"), keys, "")
    place = values.pop("position", rules.after_open(kinds))
    values.setdefault("probability", rules.PROBABILITY[values["kind"]])
    row = {**values, "pipeline_id": pipeline_id, "position": len(rows) + 1, "version": 1}
    stage_id: int = await tx.scalar(insert(stage).returning(stage.c.id), row)
    row["position"] = rules.arranged([*rows, stage_id], stage_id, place).index(stage_id) + 1
    await announce(tx, viewer, "created", "stage", stage_id, 1, differences({}, row))
    await _rearrange(tx, viewer, pipeline_id, stage_id, place)
    await touch(tx, viewer, home)
    return stage_id


async def edit(
    tx: Unit,
    viewer: Viewer,
    pipeline_id: int,
    stage_id: int,
    fields: StageFields,
    if_match: int | None,
) -> None:
    """Write the given fields of a stage; nothing where they say what is there."""
    access.demand_settings(viewer)
    home = await locked(tx, pipeline_id)
    rows = await living(tx, pipeline_id)
    row = one_of(rows, stage_id)
    demand_version(row["version"], if_match)
    values = _columns(home["kind"], fields)
    place = values.pop("position", None)
    changed = {name: value for name, value in values.items() if row[name] != value}
    moved = place is not None and rules.arranged(list(rows), stage_id, place) != list(rows)
    if not changed and not moved:
        return
    if rules.has_fixed_stages(home["kind"]):
        rules.demand_offers_kept(row["key"], {**changed, **({"position": place} if moved else {})})
    _demand_arrows(changed.get("from_stages"), [r["key"] for r in rows.values()], "")
    if changed and moved and place is not None:
        changed["position"] = rules.arranged(list(rows), stage_id, place).index(stage_id) + 1
    if changed:
        await _write(tx, viewer, row, changed)
    if moved and place is not None:
        await _rearrange(tx, viewer, pipeline_id, stage_id, place, written=bool(changed))
    await touch(tx, viewer, home)


async def retire(tx: Unit, viewer: Viewer, home: Row, gone: Row, instead: Row) -> None:
    """Delete a stage that no card stands in any more, in favour of another of its pipeline."""
    for row in (await living(tx, home["id"])).values():
        arrows = row["from_stages"]
        if arrows is not None and gone["key"] in arrows and row["id"] != gone["id"]:
            kept = rules.mapped(arrows, gone["key"], instead["key"], row["key"])
            await _write(tx, viewer, row, {"from_stages": kept})
    await _lead_to(tx, viewer, home, gone, instead)
    values = {"deleted_at": tx.now, "replaced_by_id": instead["id"]}
    await _write(tx, viewer, gone, values, "deleted")
    await touch(tx, viewer, home)


async def _lead_to(tx: Unit, viewer: Viewer, home: Row, gone: Row, instead: Row) -> None:
    """Let the renewals that would come into work in a deleted stage do so in another."""
    led = activation_target.c.stage_id == gone["id"]
    ids = select(activation_target.c.pipeline_id).where(led)
    query = select(pipeline).where(pipeline.c.id.in_(ids), pipeline.c.id != home["id"])
    others = await tx.rows(query.order_by(pipeline.c.id).with_for_update(key_share=True))
    await tx.run(update(activation_target).where(led).values(stage_id=instead["id"]))
    for other in others:
        await touch(tx, viewer, other)


def one_of(rows: dict[int, Row], stage_id: int) -> Row:
    """A living stage of the pipeline; NotFound."""
    if stage_id not in rows:
        raise NotFound("There is no such stage in this pipeline")
    return rows[stage_id]


async def hold(tx: Unit, stage_id: int) -> None:
    """Let nothing enter a stage until the transaction ends."""
    await tx.run(select(stage.c.id).where(stage.c.id == stage_id).with_for_update())


async def touch(tx: Unit, viewer: Viewer, home: Row) -> None:
    """A pipeline is shown with its stages, so that what changes them changes it."""
    version = home["version"] + 1
    await tx.run(
        update(pipeline)
        .where(pipeline.c.id == home["id"])
        .values(version=version, updated_at=tx.written_at)
    )
    await announce(tx, viewer, "updated", "pipeline", home["id"], version, [])


async def _write(
    tx: Unit, viewer: Viewer, row: Row, changed: dict[str, Any], what: str = "updated"
) -> None:
    version = row["version"] + 1
    await tx.run(update(stage).where(stage.c.id == row["id"]).values(**changed, version=version))
    await announce(tx, viewer, what, "stage", row["id"], version, differences(row, changed))


async def _rearrange(
    tx: Unit, viewer: Viewer, pipeline_id: int, moved: int, place: int, *, written: bool = True
) -> None:
    """Put a stage at a place; the one moved is announced once, those that make room each."""
    rows = await living(tx, pipeline_id)
    for position, number in enumerate(rules.arranged(list(rows), moved, place), 1):
        if rows[number]["position"] == position:
            continue
        if number == moved and written:
            await tx.run(update(stage).where(stage.c.id == number).values(position=position))
        else:
            await _write(tx, viewer, rows[number], {"position": position})


def _columns(kind: str, fields: StageFields) -> dict[str, Any]:
    """Given fields of a stage as columns; NotAcceptable names the field that cannot be."""
    values = rules.in_group(rules.in_both(given(fields)))
    known = {*card.c.keys(), *TABLES[kind].c.keys(), *LINES.get(kind, ())}
    for index, demand in enumerate(values.get("required_fields", ())):
        for name in demand.split("|"):
            if name not in known:
                raise pointed(
                    f"a {kind} has no field “{name}”", f"/required_fields/{index}", NotAcceptable
                )
    if values.get("computes_renewal_date") and kind != "deal":
        raise pointed(
            f"a {kind} has no renewal date to compute; deals have",
            "/computes_renewal_date",
            NotAcceptable,
        )
    if "checklist" in values:
        values["checklist"] = _checklist(values["checklist"])
    return values


def _checklist(items: list[CheckItem]) -> list[dict[str, str]]:
    keys = [item.key for item in items]
    if len(set(keys)) != len(keys):
        raise pointed("each line has a key of its own", "/checklist", NotAcceptable)
    return [to_builtins(item) for item in items]


def _demand_arrows(arrows: Sequence[str] | None, keys: Sequence[str], root: str) -> None:
    for index, key in enumerate(arrows or ()):
        if key not in keys:
            raise pointed(
                f"this pipeline has no stage “{key}”", f"{root}/from_stages/{index}", NotAcceptable
            )
