"""Writing the reasons of a pipeline: they are archived and never deleted."""

from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select, update

from backend.db.models import pipeline, reason
from backend.db.session import Row, Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.feed.actions import announce
from backend.domain.feed.rules import differences
from backend.domain.money import scaled
from backend.domain.pipelines import rules
from backend.domain.pipelines.schemas import ReasonCreate, ReasonFields
from backend.domain.texts import given
from backend.domain.versions import demand_version
from backend.errors import Conflict, NotAcceptable, NotFound, pointed

WHOLE = 10_000  # a hundred per cent
OTHER = {
    "key": "other", "position": 1, "name_ru": "Другое", "name_en": "Other", "group": "refused",
    "ask": "comment", "ask_required": True,
}  # fmt: skip


def first_reasons(kind: str) -> list[dict[str, Any]]:
    """The one reason without which nothing could be lost, ended or rescheduled."""
    if kind != "renewal":
        return [{**OTHER, "use": "lost"}]
    ends = {**OTHER, "churn": "stopped"}
    return [{**ends, "use": "lost"}, {**OTHER, "use": "end"}, {**OTHER, "use": "reschedule"}]


async def create(tx: Unit, viewer: Viewer, pipeline_id: int, fields: ReasonCreate) -> int:
    """Add a reason to a pipeline; its id."""
    access.demand_settings(viewer)
    home = await _home(tx, pipeline_id)
    values = {"group": "refused", **_columns(fields), "use": fields.use}
    _demand_fitting(home["kind"], values)
    same = [reason.c[name] == values[name] for name in ("use", "key")]
    query = select(reason.c.id).where(reason.c.pipeline_id == pipeline_id, *same)
    if await tx.scalar(query) is not None:
        raise pointed("This pipeline has a reason with this key already", "/key", Conflict)
    place = values.pop("position", None)
    among = (reason.c.pipeline_id == pipeline_id, reason.c.use == fields.use)
    last = await tx.scalar(select(func.max(reason.c.position)).where(*among))
    row = {**values, "pipeline_id": pipeline_id, "position": (last or 0) + 1, "version": 1}
    reason_id: int = await tx.scalar(insert(reason).returning(reason.c.id), row)
    if place is not None:
        row["position"] = await _place_of(tx, pipeline_id, fields.use, reason_id, place)
    await announce(tx, viewer, "created", "reason", reason_id, 1, differences({}, row))
    if place is not None:
        await _rearrange(tx, viewer, pipeline_id, fields.use, reason_id, place)
    return reason_id


async def edit(
    tx: Unit,
    viewer: Viewer,
    pipeline_id: int,
    reason_id: int,
    fields: ReasonFields,
    if_match: int | None,
) -> None:
    """Write the given fields of a reason; nothing where they say what is there."""
    access.demand_settings(viewer)
    home = await _home(tx, pipeline_id)
    query = select(reason).where(reason.c.id == reason_id, reason.c.pipeline_id == pipeline_id)
    row = await tx.first(query)
    if row is None:
        raise NotFound("There is no such reason in this pipeline")
    demand_version(row["version"], if_match)
    values = _columns(fields)
    place = values.pop("position", None)
    changed = {name: value for name, value in values.items() if row[name] != value}
    _demand_fitting(home["kind"], {**row, **changed})
    if changed.get("archived"):
        await _demand_another(tx, row)
    if changed and place is not None:
        changed["position"] = await _place_of(tx, pipeline_id, row["use"], reason_id, place)
    if changed:
        await _write(tx, viewer, row, changed)
    if place is not None:
        await _rearrange(
            tx, viewer, pipeline_id, row["use"], reason_id, place, written=bool(changed)
        )


async def _home(tx: Unit, pipeline_id: int) -> Row:
    query = select(pipeline).where(pipeline.c.id == pipeline_id)
    row = await tx.first(query.with_for_update(key_share=True))
    if row is None:
        raise NotFound("There is no such pipeline")
    return row


def _columns(fields: ReasonFields) -> dict[str, Any]:
    values = rules.in_both(given(fields))
    if isinstance(values.get("limit_percent"), Decimal):
        values["limit_percent"] = scaled(values["limit_percent"], 2, "/limit_percent")
        if not 0 <= values["limit_percent"] <= WHOLE:
            raise pointed("a limit is 0 to 100 per cent", "/limit_percent")
    return values


def _demand_fitting(kind: str, row: dict[str, Any]) -> None:
    if row["use"] != "lost" and kind != "renewal":
        raise pointed("only renewals are ended or rescheduled", "/use", NotAcceptable)
    if row.get("churn") is not None and (kind != "renewal" or row["use"] != "lost"):
        raise pointed("churn is told by the loss of a renewal", "/churn", NotAcceptable)
    if row.get("ask_required") and row.get("ask") is None:
        raise pointed("say which field is demanded: `ask`", "/ask_required", NotAcceptable)


async def _demand_another(tx: Unit, row: Row) -> None:
    """Without a reason nothing could be lost any more."""
    query = select(func.count()).where(
        reason.c.pipeline_id == row["pipeline_id"], reason.c.use == row["use"], ~reason.c.archived
    )
    if int(await tx.scalar(query)) < 2:
        raise Conflict("This is the last reason of its use; add another one first")


async def _write(tx: Unit, viewer: Viewer, row: Row, changed: dict[str, Any]) -> None:
    version = row["version"] + 1
    await tx.run(update(reason).where(reason.c.id == row["id"]).values(**changed, version=version))
    changes = differences(row, changed)
    await announce(tx, viewer, "updated", "reason", row["id"], version, changes)


async def _living(tx: Unit, pipeline_id: int, use: str) -> dict[int, Row]:
    """The reasons of one use in order."""
    query = (
        select(reason)
        .where(reason.c.pipeline_id == pipeline_id, reason.c.use == use)
        .order_by(reason.c.position, reason.c.id)
    )
    return {row["id"]: row for row in await tx.rows(query)}


async def _place_of(tx: Unit, pipeline_id: int, use: str, moved: int, place: int) -> int:
    """The position that a reason will have which is put at a place."""
    ids = list(await _living(tx, pipeline_id, use))
    return rules.arranged(ids, moved, place).index(moved) + 1


async def _rearrange(
    tx: Unit,
    viewer: Viewer,
    pipeline_id: int,
    use: str,
    moved: int,
    place: int,
    *,
    written: bool = True,
) -> None:
    """Put a reason at a place among those of its use; the one moved is announced once."""
    rows = await _living(tx, pipeline_id, use)
    for position, number in enumerate(rules.arranged(list(rows), moved, place), 1):
        if rows[number]["position"] == position:
            continue
        if number == moved and written:
            await tx.run(update(reason).where(reason.c.id == number).values(position=position))
        else:
            await _write(tx, viewer, rows[number], {"position": position})
