"""Pipelines in the settings: the list, a new one, and one with its stages and reasons."""

from typing import Annotated, Any, Literal

from litestar import Response, Router, get, post
from msgspec import UNSET, Meta, Struct, UnsetType

from backend.db.session import Unit
from backend.domain.calendar import PERIOD
from backend.domain.flows import lead_times
from backend.domain.pipelines import actions, rules
from backend.domain.pipelines.schemas import (
    Id,
    Key,
    Kind,
    LongName,
    LongNames,
    PipelineCreate,
    PipelineFields,
    PipelineFilters,
    PipelineOut,
    ReasonFilters,
    ReasonOut,
    RoleKey,
)
from backend.domain.pipelines.shown import queries
from backend.domain.pipelines.ties import queries as ties
from backend.routes.deps import Path
from backend.routes.web.view import View, ViewDep

ALL, ONE = "/settings/pipelines", "/settings/pipelines/{record_id:int}"
Period = Annotated[str, Meta(pattern=PERIOD)]


class NewPipeline(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new pipeline with the fewest stages there can be."""

    kind: Kind
    key: Key
    name: LongName


class PipelineForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pipeline's own fields; those of other kinds are not sent."""

    version: int
    name_ru: LongName
    name_en: LongName
    active: bool = False
    renewal_on_win: Literal["required", "offer", "off"] | UnsetType = UNSET
    lead_time: Period | UnsetType = UNSET
    approval_mode: Literal["always", "over_limit", "never"] | UnsetType = UNSET
    conversion_warning: Annotated[int, Meta(ge=1, le=100)] | None = None
    activation_stage_id: Id | None | UnsetType = UNSET
    seen_by: list[RoleKey] = []


def path_of(record_id: int) -> str:
    return f"{ALL}/{record_id}"


@get(ALL)
async def page(view: ViewDep) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        found = await queries.page(tx, view.viewer, PipelineFilters(limit=200))
        counts = await queries.cards_in_stages(tx)
        cards = {
            one.id: sum(counts.get(stage.id, 0) for stage in one.stages) for one in found.items
        }
        return view.page("settings/pipelines.html", pipelines=found.items, cards=cards)

    return await view.read(work)


@post(ALL)
async def create(view: ViewDep) -> Response[Any]:
    form = await view.form(NewPipeline)
    fields = PipelineCreate(kind=form.kind, key=form.key, name=form.name)
    made = await view.change(lambda tx: actions.create(tx, view.viewer, fields))
    return view.to(path_of(made), view.gettext("The pipeline is there"))


@get(ONE)
async def one(view: ViewDep, record_id: Path) -> Response[Any]:
    return await view.read(lambda tx: _shown(tx, view, record_id))


async def _shown(tx: Unit, view: View, record_id: int) -> Response[Any]:
    own = await with_stages(tx, view, record_id)
    pipeline: PipelineOut = own["pipeline"]
    renewing = PipelineFilters(kind="renewal", active=True, limit=200)
    return view.page(
        "settings/pipeline.html", **own, **await with_reasons(tx, view, record_id),
        roles=await _closable(tx),
        renewing=(await queries.page(tx, view.viewer, renewing)).items
        if pipeline.kind == "renewal" else [],
    )  # fmt: skip


async def _closable(tx: Unit) -> list[str]:
    """The roles that a pipeline may be closed to."""
    return [key for key, may in (await ties.closable(tx)).items() if may]


async def with_stages(tx: Unit, view: View, record_id: int) -> dict[str, Any]:
    """What settings/_stages.html is made of."""
    found: PipelineOut = await queries.one(tx, view.viewer, record_id)
    counts = await queries.cards_in_stages(tx)
    return {"pipeline": found, "counts": counts, "fixed": rules.has_fixed_stages(found.kind)}


async def with_reasons(tx: Unit, view: View, record_id: int) -> dict[str, Any]:
    """What settings/_reasons.html is made of: the reasons by what they are for, in order."""
    page = await queries.reason_page(tx, view.viewer, record_id, ReasonFilters(limit=200))
    groups: dict[str, list[ReasonOut]] = {}
    for reason in page.items:
        groups.setdefault(reason.use, []).append(reason)
    return {"groups": groups, "record_id": record_id}


@post(ONE)
async def edit(view: ViewDep, record_id: Path) -> Response[Any]:
    form = await view.form(PipelineForm)

    async def work(tx: Unit) -> None:
        closed_to = [key for key in await _closable(tx) if key not in form.seen_by]
        fields = PipelineFields(
            names=LongNames(ru=form.name_ru, en=form.name_en), active=form.active,
            renewal_on_win=form.renewal_on_win, lead_time=form.lead_time, closed_to=closed_to,
            approval_mode=form.approval_mode, activation_stage_id=form.activation_stage_id,
            conversion_warning=form.conversion_warning,
        )  # fmt: skip
        await lead_times.edit_pipeline(tx, view.viewer, record_id, fields, form.version)

    await view.change(work)
    return view.to(path_of(record_id), view.gettext("Saved"))


router = Router("/", route_handlers=[page, create, one, edit])
