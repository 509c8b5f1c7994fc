"""The reasons of a pipeline: written in a dialog, archived instead of deleted."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from litestar import Response, Router, get, post
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.pipelines import rules
from backend.domain.pipelines.reasons import actions
from backend.domain.pipelines.schemas import (
    Group,
    Key,
    LongName,
    LongNames,
    ReasonCreate,
    ReasonFields,
    Use,
)
from backend.domain.pipelines.shown import queries
from backend.routes.deps import Path
from backend.routes.web import pages
from backend.routes.web.settings.pipelines import ONE, with_reasons
from backend.routes.web.view import View, ViewDep

REASONS, REASON = f"{ONE}/reasons", f"{ONE}/reasons/{{reason_id:int}}"
Ask = Literal[
    "comment", "next_contact_at", "competitor", "competitor_price", "other_card_id",
    "other_agreement_id",
]  # fmt: skip


class ReasonForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a reason is called, what it asks, how often it may be given."""

    version: int
    name_ru: LongName
    name_en: LongName
    group: Group
    churn: Literal["stopped", "competitor", "no"] | None = None
    ask: Ask | None = None
    ask_required: bool = False
    limit_percent: Decimal | None = None
    streak: Annotated[int, Meta(ge=1, le=1000)] | None = None
    archived: bool = False

    def fields(self) -> ReasonFields:
        return ReasonFields(
            names=LongNames(ru=self.name_ru, en=self.name_en), group=self.group, churn=self.churn,
            ask=self.ask, ask_required=self.ask_required, limit_percent=self.limit_percent,
            streak=self.streak, archived=self.archived,
        )  # fmt: skip


class NewReason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new reason."""

    key: Key
    name: LongName
    use: Use
    group: Group


async def _written(tx: Unit, view: View, record_id: int) -> Response[Any]:
    answer = view.fragment("settings/_reasons.html", **await with_reasons(tx, view, record_id))
    return pages.toast(pages.trigger(answer, done=True), view.gettext("Saved"))


@get(f"{REASONS}/new")
async def blank(view: ViewDep, record_id: Path) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        found = await queries.one(tx, view.viewer, record_id)
        return view.fragment(
            "settings/_reason_new.html", pipeline=found, uses=rules.uses(found.kind)
        )

    return await view.read(work)


@post(REASONS)
async def create(view: ViewDep, record_id: Path) -> Response[Any]:
    form = await view.form(NewReason)
    fields = ReasonCreate(key=form.key, name=form.name, use=form.use, group=form.group)

    async def work(tx: Unit) -> Response[Any]:
        await actions.create(tx, view.viewer, record_id, fields)
        return await _written(tx, view, record_id)

    return await view.change(work)


@get(REASON)
async def one(view: ViewDep, record_id: Path, reason_id: Path) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        pipeline = await queries.one(tx, view.viewer, record_id)
        reason = await queries.one_reason(tx, view.viewer, record_id, reason_id)
        return view.fragment("settings/_reason.html", pipeline=pipeline, reason=reason)

    return await view.read(work)


@post(REASON)
async def edit(view: ViewDep, record_id: Path, reason_id: Path) -> Response[Any]:
    form = await view.form(ReasonForm)

    async def work(tx: Unit) -> Response[Any]:
        await actions.edit(tx, view.viewer, record_id, reason_id, form.fields(), form.version)
        return await _written(tx, view, record_id)

    return await view.change(work)


router = Router("/", route_handlers=[blank, create, one, edit])
