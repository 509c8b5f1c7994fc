"""The stages of a pipeline: written in a dialog, put in order by dragging or by buttons."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from litestar import Response, Router, get, post
from msgspec import UNSET, Meta, Struct

from backend.db.session import Unit
from backend.domain.flows import stages as flow
from backend.domain.pipelines import rules
from backend.domain.pipelines.schemas import (
    Field,
    Id,
    Key,
    Name,
    StageCreate,
    StageFields,
    StageKindName,
    StageNames,
    StageOut,
    Text,
    Texts,
)
from backend.domain.pipelines.shown import queries
from backend.routes.deps import Path
from backend.routes.web import pages
from backend.routes.web.settings.demands import demandable
from backend.routes.web.settings.pipelines import ONE, with_stages
from backend.routes.web.view import View, ViewDep

STAGES, STAGE = f"{ONE}/stages", f"{ONE}/stages/{{stage_id:int}}"
Write = Callable[[Unit], Awaitable[Any]]
Percent = Annotated[int, Meta(ge=0, le=100)]
Days = Annotated[int, Meta(ge=1, le=60)]


class StageForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a stage is called, means and demands."""

    version: int
    name_ru: Name
    name_en: Name
    meaning_ru: Text = ""
    meaning_en: Text = ""
    instructions_ru: Text = ""
    instructions_en: Text = ""
    probability: Percent
    rot_days: Days | None = None
    required_fields: Annotated[list[Field], Meta(max_length=20)] = []
    computes_renewal_date: bool = False

    def fields(self) -> StageFields:
        return StageFields(
            names=StageNames(ru=self.name_ru, en=self.name_en),
            meanings=Texts(ru=self.meaning_ru, en=self.meaning_en),
            instructions_in=Texts(ru=self.instructions_ru, en=self.instructions_en),
            probability=self.probability, rot_days=self.rot_days,
            required_fields=self.required_fields,
            computes_renewal_date=self.computes_renewal_date,
        )  # fmt: skip


class NewStage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new stage, behind the last open one."""

    key: Key
    kind: StageKindName
    name: Name


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a stage goes, the first being 1."""

    position: Annotated[int, Meta(ge=1, le=1000)]
    version: int


class Removal(Struct, frozen=True, forbid_unknown_fields=True):
    """Which stage takes the cards over."""

    move_to: Id
    version: int


async def _written(view: View, record_id: int, told: str, write: Write) -> Response[Any]:
    """The list anew; the dialog it was written in closes.

    Stages are a part of their pipeline, whose own form stands beside them: it goes on with the
    version that comes of this, if it had the one before.
    """

    async def work(tx: Unit) -> Response[Any]:
        before = await queries.one(tx, view.viewer, record_id)
        await write(tx)
        values = await with_stages(tx, view, record_id)
        answer = view.fragment("settings/_stages.html", before=before.version, **values)
        return pages.toast(pages.trigger(answer, done=True), told)

    return await view.change(work)


@get(f"{STAGES}/new")
async def blank(view: ViewDep, record_id: Path) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        found = await queries.one(tx, view.viewer, record_id)
        return view.fragment("settings/_stage_new.html", pipeline=found)

    return await view.read(work)


@post(STAGES)
async def create(view: ViewDep, record_id: Path) -> Response[Any]:
    form = await view.form(NewStage)
    fields = StageCreate(key=form.key, kind=form.kind, name=form.name)

    return await _written(
        view, record_id, view.gettext("The stage is there"),
        lambda tx: flow.add_stage(tx, view.viewer, record_id, fields),
    )  # fmt: skip


@get(STAGE)
async def one(view: ViewDep, record_id: Path, stage_id: Path) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        found = await queries.one(tx, view.viewer, record_id)
        stage = await queries.one_stage(tx, view.viewer, record_id, stage_id)
        return view.fragment(
            "settings/_stage.html", pipeline=found, stage=stage,
            demands=demandable(found.kind, stage.required_fields),
            fixed=rules.has_fixed_stages(found.kind),
        )  # fmt: skip

    return await view.read(work)


@post(STAGE)
async def edit(view: ViewDep, record_id: Path, stage_id: Path) -> Response[Any]:
    form = await view.form(StageForm)
    return await _edited(view, record_id, stage_id, form.fields(), form.version)


@post(f"{STAGE}/place")
async def place(view: ViewDep, record_id: Path, stage_id: Path) -> Response[Any]:
    form = await view.form(Place)
    fields = StageFields(position=form.position)
    return await _edited(view, record_id, stage_id, fields, form.version)


async def _edited(
    view: View, record_id: int, stage_id: int, fields: StageFields, version: int
) -> Response[Any]:
    told = view.gettext("Saved") if fields.position is UNSET else view.gettext("The order is saved")

    return await _written(
        view, record_id, told,
        lambda tx: flow.edit_stage(tx, view.viewer, record_id, stage_id, fields, version),
    )  # fmt: skip


@get(f"{STAGE}/delete")
async def removal(view: ViewDep, record_id: Path, stage_id: Path) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        found = await queries.one(tx, view.viewer, record_id)
        stage = await queries.one_stage(tx, view.viewer, record_id, stage_id)
        counts = await queries.cards_in_stages(tx)
        return view.fragment(
            "settings/_stage_delete.html", pipeline=found, stage=stage,
            cards=counts.get(stage_id, 0), others=_others(stage, found.stages),
        )  # fmt: skip

    return await view.read(work)


def _others(gone: StageOut, stages: list[StageOut]) -> list[StageOut]:
    return [one for one in stages if one.id != gone.id and rules.same_sort(gone.kind, one.kind)]


@post(f"{STAGE}/delete")
async def delete(view: ViewDep, record_id: Path, stage_id: Path) -> Response[Any]:
    form = await view.form(Removal)

    return await _written(
        view, record_id, view.gettext("The stage is gone"),
        lambda tx: flow.delete_stage(
            tx, view.viewer, record_id, stage_id, form.move_to, form.version
        ),
    )  # fmt: skip


router = Router("/", route_handlers=[blank, create, one, edit, place, removal, delete])
