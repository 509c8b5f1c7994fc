"""Reading pipelines, stages and reasons as the rules see them."""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import Struct
from sqlalchemy import bindparam, select

from backend.db.models import activation_target, pipeline, reason, stage
from backend.db.prepared import Prepared
from backend.db.session import Unit
from backend.domain import stages as machine
from backend.domain.access import Viewer
from backend.domain.stages import Reason, Stage, StageKind
from backend.domain.texts import as_id
from backend.errors import Conflict, NotFound, pointed

Known = dict[Any, Any]


class Pipeline(Struct, frozen=True):
    """A pipeline as the rules see it, with its living stages in order."""

    id: int
    kind: str
    key: str
    active: bool
    renewal_on_win: str | None
    lead_time: str | None
    approval_mode: str | None
    conversion_warning: int | None
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
        computes_renewal_date=row["computes_renewal_date"],
    )


_NAMED = Prepared(
    select(stage.c.id)
    .join(pipeline, pipeline.c.id == stage.c.pipeline_id)
    .where(stage.c.key == bindparam("key"), pipeline.c.kind == bindparam("kind"))
)


async def stage_ids(tx: Unit, kind: str, given: int | str) -> list[int]:
    """The stage of an id, or those of a key in the pipelines of a kind, deleted ones too."""
    number = as_id(given)
    if number is not None:
        return [number]
    return [row["id"] for row in await tx.rows(_NAMED, {"key": str(given), "kind": kind})]


# What this process has read of pipelines, for each database: good while their versions stand.
_READ: WeakKeyDictionary[Any, dict[int, tuple[int, Known]]] = WeakKeyDictionary()


def stands_at(tx: Unit, pipeline_id: int, version: int) -> None:
    """Take what was read of a pipeline at the version that it has just now, or read it anew.

    Its version counts every change of its stages, in whatever process. A transaction that has
    changed pipelines itself shares nothing with others: it may yet be rolled back.
    """
    if any(effect.kind == "pipeline" for effect in tx.effects):
        tx.held.pop(pipeline_id, None)
        return
    shelf = _READ.setdefault(tx.conn.sync_engine, {})
    if pipeline_id not in shelf or shelf[pipeline_id][0] != version:
        shelf[pipeline_id] = version, {}
    tx.held[pipeline_id] = shelf[pipeline_id][1]


async def hold(tx: Unit, pipeline_id: int) -> None:
    """Let nobody change a pipeline, its stages or its reasons until this transaction ends.

    Whoever writes many cards of it need not have it read again for each.
    """
    query = select(pipeline.c.id).where(pipeline.c.id == pipeline_id)
    await tx.run(query.with_for_update(read=True))
    tx.held[pipeline_id] = {}
    tx.held["reasons", pipeline_id] = {}


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
        approval_mode=top["p_approval_mode"], conversion_warning=top["p_conversion_warning"],
        stages=tuple(as_stage(row, locale) for row in rows),
    )  # fmt: skip


_KIND = select(pipeline.c.id, pipeline.c.version).where(pipeline.c.kind == bindparam("kind"))
_IN_ORDER = (pipeline.c.position, pipeline.c.id)
_CHOSEN = {
    "first": Prepared(_KIND.where(pipeline.c.active).order_by(*_IN_ORDER)),
    "id": Prepared(_KIND.where(pipeline.c.id == bindparam("id"))),
    "key": Prepared(_KIND.where(pipeline.c.key == bindparam("key"))),
}


async def choose(tx: Unit, viewer: Viewer, kind: str, given: int | str | None) -> Pipeline:
    """The pipeline of a kind by key or id, else the kind's first active one that is not closed."""
    locale = viewer.company.locale
    if given in tx.held and given not in viewer.closed:
        held = await load(tx, int(given or 0), locale)
        if held.kind == kind:
            return held
    number = None if given is None else as_id(given)
    by = "first" if given is None else "key" if number is None else "id"
    rows = await tx.rows(_CHOSEN[by], {"kind": kind, "key": given, "id": number})
    found = next((row for row in rows if row["id"] not in viewer.closed), None)
    if found is None:
        raise pointed(
            f"There is no {kind} pipeline “{given or 'that is switched on'}”", "/pipeline", NotFound
        )
    stands_at(tx, found["id"], found["version"])
    return await load(tx, found["id"], locale)


async def of_stage(tx: Unit, stage_id: int, locale: str) -> Pipeline | None:
    """The pipeline that a living stage belongs to."""
    query = select(stage.c.pipeline_id).where(stage.c.id == stage_id, stage.c.deleted_at.is_(None))
    found = await tx.scalar(query)
    return None if found is None else await load(tx, found, locale)


def takes(viewer: Viewer, home: Pipeline) -> bool:
    """Whether the viewer may put cards into a pipeline."""
    return home.active and home.id not in viewer.closed


async def all_stages(tx: Unit, pipeline_ids: set[int] | None, locale: str) -> dict[int, Stage]:
    """Every stage of some pipelines, or of all; a deleted one's id gives what replaced it."""
    if pipeline_ids is not None and len(pipeline_ids) == 1:
        (only,) = pipeline_ids
        return await tx.once(
            only, ("stages", locale), lambda: _all_stages(tx, pipeline_ids, locale)
        )
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
    holder = ("reasons", pipeline_id)
    return await tx.once(holder, (use, locale), lambda: _reasons(tx, pipeline_id, use, locale))


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


_TARGET = Prepared(
    select(activation_target.c.stage_id).where(
        activation_target.c.pipeline_id == bindparam("pipeline_id")
    )
)


async def activation_stage(tx: Unit, home: Pipeline, locale: str) -> tuple[Pipeline, Stage]:
    """Where the renewals of a pipeline go when their time has come."""
    target_id = await tx.scalar(_TARGET, {"pipeline_id": home.id})
    if target_id is not None:
        other = await of_stage(tx, target_id, locale)
        found = other.stage(target_id) if other is not None else None
        if other is not None and found is not None:
            return other, found
    return home, machine.first_open(home.stages)
