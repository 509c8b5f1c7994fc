"""Reminder rules in the settings: the list, one of them written in words, whom they would hit."""

from typing import Annotated, Any, Literal, NamedTuple

from litestar import Response, Router, get, post
from litestar.params import FromQuery
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.access import in_own_language
from backend.domain.cards.schemas import Id, Word
from backend.domain.catalog import queries as catalog
from backend.domain.catalog.schemas import ProductFilters
from backend.domain.flows import reminders as flow
from backend.domain.pipelines.schemas import PipelineFilters
from backend.domain.pipelines.shown import queries as pipelines
from backend.domain.reminders import actions, queries
from backend.domain.reminders.checks import conditions_of
from backend.domain.reminders.rules import ANCHORS, STATES
from backend.domain.reminders.schemas import (
    ActionType,
    Anchor,
    DryRunFilters,
    Family,
    Key,
    Line,
    Name,
    ReminderAction,
    ReminderActionFields,
    ReminderRule,
    ReminderRuleCreate,
    ReminderRuleFields,
    ReminderRuleFilters,
    Said,
    SubjectKind,
    To,
)
from backend.domain.tasks.schemas import TaskKind
from backend.routes.deps import Path
from backend.routes.web.settings import rule_words as words
from backend.routes.web.view import View, ViewDep

ALL, ONE = "/settings/rules", "/settings/rules/{record_id:int}"
SHOWN = 100  # of those whom a rule would hit
Span = Literal["D", "W", "M", "Y", "TM", "TH"]
Count = Annotated[int, Meta(ge=0, le=3660)]


class RuleForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as it is written in words: a moment, whom it is for, one action of each type."""

    version: int = 0
    kind: SubjectKind
    key: Key | None = None
    name: Name
    active: bool = False
    anchor: Anchor
    side: Literal["before", "after"]
    count: Count
    unit: Span
    during: list[Word] = []
    family: Family | None = None
    pipeline_id: Id | None = None
    product_id: Id | None = None
    segment: Word | None = None
    does: list[ActionType] = []
    notify_text: Said | None = None
    notify_to: To = "owner"
    task_text: Said | None = None
    task_kind: TaskKind = "todo"
    task_days: Annotated[int, Meta(ge=0, le=366)] | None = None
    task_side: Literal["before", "after"] = "before"
    task_count: Count | None = None
    task_unit: Span = "D"
    task_product_id: Id | None = None
    deal_text: Said | None = None
    deal_pipeline: Word | None = None
    offer_text: Said | None = None
    offer_product_id: Id | None = None
    email_subject: Line | None = None
    email_text: Said | None = None

    @property
    def offset(self) -> str:
        return words.offset_of(words.Shift(self.count, self.unit, self.side))

    def actions(self) -> list[ReminderActionFields]:
        """What is ticked, in the order of the page."""
        due = None
        if self.task_days is None and self.task_count is not None:
            shift = words.Shift(self.task_count, self.task_unit, self.task_side)
            due = words.offset_of(shift)
        own: dict[ActionType, dict[str, Any]] = {
            "notify": {"text": self.notify_text, "to": self.notify_to},
            "task": {"text": self.task_text, "kind": self.task_kind,
                     "due_working_days": self.task_days, "due_offset": due,
                     "product_id": self.task_product_id},
            "create_deal": {"text": self.deal_text, "pipeline": self.deal_pipeline},
            "create_offer": {"text": self.offer_text, "product_id": self.offer_product_id},
            "email": {"subject": self.email_subject, "text": self.email_text},
            "webhook": {},
        }  # fmt: skip
        return [
            ReminderActionFields(type=kind, **said)
            for kind, said in own.items()
            if kind in self.does
        ]


class SwitchForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule is switched on or off."""

    version: int
    active: bool


class VersionForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule as it was read."""

    version: int


class Scope(NamedTuple):
    """What rules of a kind can be narrowed to, and what `while` may name of its stages."""

    pipelines: dict[int, str]
    products: dict[int, str]
    stages: dict[str, str]
    deals: dict[str, str]


async def _scope(tx: Unit, view: View, kind: str | None) -> Scope:
    """Names in the viewer's language; of one kind, or of all where none is given."""
    locale = in_own_language(view.viewer).company.locale
    homes = (await pipelines.page(tx, view.viewer, PipelineFilters(limit=200))).items
    goods = (await catalog.page(tx, ProductFilters(limit=200))).items
    own = [one for one in homes if kind in (None, one.kind)]
    return Scope(
        {one.id: getattr(one.names, locale) for one in own}, {one.id: one.name for one in goods},
        {stage.key: getattr(stage.names, locale) for one in own for stage in one.stages},
        {one.key: getattr(one.names, locale) for one in homes if one.kind == "deal"},
    )  # fmt: skip


def _values(**more: Any) -> dict[str, Any]:
    """The words that every template of rules draws with."""
    return {
        "anchors": words.ANCHORS, "kinds": words.KINDS, "families": words.FAMILIES,
        "types": words.TYPES, "conditions": words.CONDITIONS, "to": words.TO, "tasks": words.TASKS,
        "states": words.STATES, "units": words.UNITS, "shift_of": words.shift_of,
        "own_anchors": ANCHORS, **more,
    }  # fmt: skip


@get(ALL)
async def page(view: ViewDep) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        viewer = in_own_language(view.viewer)
        found = await queries.page(tx, viewer, ReminderRuleFilters(limit=200))
        scope = await _scope(tx, view, None)
        return view.page("settings/rules.html", **_values(rules=found.items, scope=scope))

    return await view.read(work)


async def _form(tx: Unit, view: View, rule: ReminderRule | None, **more: Any) -> Response[Any]:
    kind = more.get("kind") or (rule.kind if rule else "renewal")
    first: dict[str, ReminderAction] = {}
    for action in rule.actions if rule else []:
        first.setdefault(action.type, action)
    scope = await _scope(tx, view, kind)
    told = STATES if kind != "client" else ()
    whole = {
        "rule": rule, "scope": scope, "kind": kind, "known_states": told,
        "acts": {one: first.get(one) for one in words.TYPES},
        "known_conditions": conditions_of(kind), "is_new": False,
        "more": 0 if rule is None else len(rule.actions) - len(first), **more,
    }  # fmt: skip
    return view.page("settings/rule.html", **_values(**whole))


@get(f"{ALL}/new")
async def blank(
    view: ViewDep, kind: FromQuery[SubjectKind] = "renewal", like: FromQuery[Id | None] = None
) -> Response[Any]:
    """An empty rule, or with `like` another variant of one."""

    async def work(tx: Unit) -> Response[Any]:
        if like is None:
            return await _form(tx, view, None, kind=kind, is_new=True)
        rule = await queries.one(tx, in_own_language(view.viewer), like)
        return await _form(tx, view, rule, kind=rule.kind, is_new=True)

    return await view.read(work)


@post(ALL)
async def create(view: ViewDep) -> Response[Any]:
    form = await view.form(RuleForm)
    key = {} if form.key is None else {"key": form.key}
    fields = ReminderRuleCreate(
        kind=form.kind, name=form.name, active=form.active, anchor=form.anchor,
        offset=form.offset, during=list(form.during), family=form.family,
        pipeline_id=form.pipeline_id, product_id=form.product_id, segment=form.segment,
        actions=form.actions(), **key,
    )  # fmt: skip

    async def work(tx: Unit) -> Response[Any]:
        made = await actions.create(tx, in_own_language(view.viewer), fields)
        return view.to(f"{ALL}/{made}", view.gettext("The rule is there"))

    return await view.change(work)


@get(ONE)
async def one(view: ViewDep, record_id: Path) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        rule = await queries.one(tx, in_own_language(view.viewer), record_id)
        return await _form(tx, view, rule)

    return await view.read(work)


@post(ONE)
async def edit(view: ViewDep, record_id: Path) -> Response[Any]:
    form = await view.form(RuleForm)

    async def work(tx: Unit) -> Response[Any]:
        viewer = in_own_language(view.viewer)
        rule = await queries.one(tx, viewer, record_id)
        fields = ReminderRuleFields(
            name=form.name, active=form.active, anchor=form.anchor, offset=form.offset,
            during=list(form.during), family=form.family, pipeline_id=form.pipeline_id,
            product_id=form.product_id, segment=form.segment,
            actions=[*form.actions(), *_others(rule)],
        )  # fmt: skip
        await actions.edit(tx, viewer, record_id, fields, form.version)
        return view.to(f"{ALL}/{record_id}", view.gettext("Saved"))

    return await view.change(work)


def _others(rule: ReminderRule) -> list[ReminderActionFields]:
    """What a rule does beside the first action of each type: the page has room for one of each."""
    seen: set[str] = set()
    found = []
    for action in rule.actions:
        if action.type in seen:
            own = {name: getattr(action, name) for name in ReminderAction.__struct_fields__}
            found.append(ReminderActionFields(**own))
        seen.add(action.type)
    return found


@post(f"{ONE}/switch")
async def switch(view: ViewDep, record_id: Path) -> Response[Any]:
    form = await view.form(SwitchForm)

    async def work(tx: Unit) -> Response[Any]:
        fields = ReminderRuleFields(active=form.active)
        await actions.edit(tx, view.viewer, record_id, fields, form.version)
        on, off = view.gettext("The rule is switched on"), view.gettext("The rule is switched off")
        return view.to(ALL, on if form.active else off)

    return await view.change(work)


@post(f"{ONE}/delete")
async def delete(view: ViewDep, record_id: Path) -> Response[Any]:
    form = await view.form(VersionForm)

    async def work(tx: Unit) -> Response[Any]:
        await actions.delete(tx, view.viewer, record_id, form.version)
        return view.to(ALL, view.gettext("The rule is deleted"))

    return await view.change(work)


@get(f"{ALL}/hits")
async def hits(view: ViewDep, rule_id: FromQuery[Id | None] = None) -> Response[Any]:
    """Whom the rules, or one that may be off, would hit today, and why."""

    async def work(tx: Unit) -> Response[Any]:
        viewer = in_own_language(view.viewer)
        found = await flow.dry_run(tx, viewer, DryRunFilters(rule_id=rule_id))
        named = await queries.page(tx, viewer, ReminderRuleFilters(limit=200))
        kinds = {one.id: one.kind for one in named.items}
        rule = None if rule_id is None else await queries.one(tx, viewer, rule_id)
        return view.page(
            "settings/rule_hits.html",
            **_values(hits=found.items[:SHOWN], total=len(found.items), today=found.today,
                      rule=rule, kind_of=kinds),
        )  # fmt: skip

    return await view.read(work)


router = Router("/", route_handlers=[page, blank, create, one, edit, switch, delete, hits])
