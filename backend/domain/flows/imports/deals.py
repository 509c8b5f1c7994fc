"""Putting deals: born, moved and closed on the days that the source names, through the one door."""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from backend.db.session import Unit, found_or_made
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.cards.schemas import MoveRequest
from backend.domain.deals.schemas import DealCreate, DealFields
from backend.domain.flows.imports import queries
from backend.domain.flows.imports.mapping import MappingError, PipelinePlan, Section
from backend.domain.flows.imports.queries import Here, Stood
from backend.domain.flows.imports.records import (
    CREATED,
    UNCHANGED,
    UPDATED,
    alike,
    demand_present,
    keep_owner,
    ruled,
    typed,
)
from backend.domain.flows.imports.rows import Came, Draft, RowRefused
from backend.domain.flows.imports.syncing import Done, agreed, flat, nested
from backend.domain.moves import creating, editing, moving
from backend.domain.pipelines import actions as pipeline_actions
from backend.domain.pipelines import queries as pipelines
from backend.domain.pipelines.reasons import actions as reasons
from backend.domain.pipelines.schemas import PipelineCreate


@dataclass(frozen=True, slots=True)
class Home:
    """The pipeline that imported deals stand in, and its reasons for a loss by key."""

    id: int
    reasons: dict[str, int]


async def home(tx: Unit, viewer: Viewer, plan: PipelinePlan) -> Home:
    """The pipeline of a mapping; what it lacks of it is made: all of it, or a reason.

    MappingError where the pipeline of that key has not the stages of the mapping.
    """
    locale = viewer.company.locale
    names = PipelineCreate.__struct_fields__
    wanted = PipelineCreate(**{name: getattr(plan, name) for name in names})
    pipeline_id, _ = await found_or_made(
        tx,
        lambda: queries.pipeline_id_of(tx, plan.key),
        lambda: pipeline_actions.create(tx, viewer, wanted),
    )
    present = await pipelines.load(tx, pipeline_id, locale)
    assert isinstance(plan.stages, list)
    for stage in plan.stages:
        found = present.stage(stage.key)
        if present.kind != "deal" or found is None or found.kind != stage.kind:
            raise MappingError(
                f"the pipeline “{plan.key}” that is here has no {stage.kind} stage `{stage.key}`"
            )
    known = {
        reason.key: reason.id for reason in await pipelines.reasons(tx, pipeline_id, "lost", locale)
    }
    for reason in plan.reasons:
        if reason.use == "lost" and reason.key not in known:
            known[reason.key] = await reasons.create(tx, viewer, pipeline_id, reason)
    await pipelines.hold(tx, pipeline_id)
    return Home(pipeline_id, known)


async def put(
    tx: Unit,
    viewer: Viewer,
    section: Section,
    home: Home,
    draft: Draft,
    values: dict[str, Any],
    here: Here | None,
) -> Done:
    """Make a deal with its history, or bring the one that is here on; what was done.

    `tx.now` follows the source's days meanwhile, so that events and facts carry them.
    """
    values = _with_product(values)
    try:
        if here is None:
            await _make(tx, viewer, section, home, draft, values)
            return Done(CREATED, agreed(flat(values)))
        demand_present(here, section)
        keep_owner(draft, values, here)
        return await _bring_on(tx, viewer, section, home, draft, values, here)
    finally:
        tx.now = tx.written_at


def _with_product(values: dict[str, Any]) -> dict[str, Any]:
    """A product and the price that the source names as one field."""
    values = dict(values)
    if "product_id" in values:
        values["product"] = [values.pop("product_id"), values.pop("product_price", None)]
    return values


def _with_lines(values: dict[str, Any]) -> dict[str, Any]:
    """A product as the one line of its deal; no product says nothing about lines."""
    values = dict(values)
    product_id, price = values.pop("product", (None, None))
    if product_id is not None:
        line = {"product_id": product_id} | ({} if price is None else {"price": price})
        values["product_lines"] = [line]
    return values


async def _make(
    tx: Unit, viewer: Viewer, section: Section, home: Home, draft: Draft, values: dict[str, Any]
) -> None:
    first, *later = draft.steps
    wanted = {
        **_with_lines(values), "external_id": draft.external_id, "pipeline": home.id,
        "stage": first.stage,
    }  # fmt: skip
    tx.now = first.at
    deal_id = await creating.create(tx, viewer, "deal", typed(section, DealCreate, wanted))
    await _move(tx, viewer, home, deal_id, later, None)


async def _move(
    tx: Unit, viewer: Viewer, home: Home, deal_id: int, steps: list[Came], version: int | None
) -> None:
    """Make the moves; Stale where somebody wrote the deal after this version of it."""
    for step in steps:
        reason_id = None if step.reason is None else home.reasons[step.reason]
        given = MoveRequest(stage=step.stage, reason_id=reason_id, comment=step.comment)
        tx.now = step.at
        version = await moving.move(tx, viewer, "deal", deal_id, given, version)


async def _bring_on(
    tx: Unit,
    viewer: Viewer,
    section: Section,
    home: Home,
    draft: Draft,
    values: dict[str, Any],
    here: Here,
) -> Done:
    """Write what the source has changed and make the moves that are new."""
    ahead = _ahead(viewer, draft, here.stood)
    verdict = ruled(section, values, here, partial(_same, here))
    deal_id, version = here.row["id"], here.row["version"]
    if ahead:
        tx.now = ahead[0].at
    if verdict.write:
        fields = typed(section, DealFields, _with_lines(nested(verdict.write)))
        version = await editing.edit(tx, viewer, "deal", deal_id, fields, version)
    await _move(tx, viewer, home, deal_id, ahead, version)
    return Done(UPDATED if ahead or verdict.write else UNCHANGED, verdict)


def _same(here: Here, name: str, value: Any) -> bool:
    """Whether a deal has what the source says; a line without a price says nothing of it."""
    if name != "product":
        return alike(here.row, name, value)
    product_id, price = value
    if product_id is None:
        return True
    if [(line["product_id"], line["quantity"]) for line in here.lines] != [(product_id, 1000)]:
        return False
    places = money.digits(here.row["currency"])
    return price is None or Decimal(price).scaleb(places) == here.lines[0]["price"]


def _ahead(viewer: Viewer, draft: Draft, stood: list[Stood]) -> list[Came]:
    """The steps of the source that this deal has not made yet.

    None where it was moved on here. RowRefused where the source tells another past than was
    recorded: history is not rewritten.
    """
    for step, event in zip(draft.steps, stood, strict=False):
        day = viewer.company.today(event.at)
        if step.stage != event.stage or step.day != day:
            raise RowRefused(
                f"the source says “{step.stage}” on {step.day}, the history here “{event.stage}”"
                f" on {day}; history is not rewritten",
                step.column,
            )
    ahead = draft.steps[len(stood) :]
    if len(stood) > len(draft.steps):
        draft.rules["stage: left where it was moved to here"] += 1
    if ahead and ahead[0].at < stood[-1].at:
        raise RowRefused(f"{ahead[0].day} lies before the last move here", ahead[0].column)
    return ahead
