"""Reminder rules as the outside sees and writes them; whom they hit; their ledger."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.cards.schemas import Id, Word
from backend.domain.reminders.rules import OFFSET
from backend.domain.tasks.schemas import TaskKind

Name = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"\S")]
Key = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
OffsetText = Annotated[str, Meta(pattern=OFFSET, max_length=8, examples=["-P7D", "PT60M"])]
SubjectKind = Literal["lead", "offer", "deal", "renewal", "client"]
Anchor = Literal[
    "renewal_date", "end_date", "activation", "stage_entered", "created", "closed", "approval",
    "valid_until", "last_purchase", "last_meeting", "last_touch", "next_contact", "churned_on",
]  # fmt: skip
Family = Literal["contact", "invoice", "payment", "decision"]
ActionType = Literal["notify", "task", "create_deal", "create_offer", "email", "webhook"]
To = Literal["owner", "head", "owner_and_head"]
Line = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
Said = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]


class ReminderAction(Struct, frozen=True, kw_only=True):
    """One thing that a rule does; what does not belong to its type is null."""

    type: ActionType
    subject: str | None
    text: str | None
    to: To | None
    kind: TaskKind | None
    due_working_days: int | None
    due_offset: str | None
    pipeline: str | None
    product_id: int | None


class ReminderActionFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that a rule is to do.

    `notify` tells the owner of the record, the heads of his team, or both a `text`. `task` gives
    the owner a task: due on the rule's own day, so many `due_working_days` later, or at
    `due_offset` from the anchor. `create_deal` brings a waiting renewal into work, and makes a deal
    in a `pipeline` for anything else. `create_offer` drafts an offer that hangs on the card, with
    the lines of the term that ends, unless one is under way. With a `product_id` a task and an
    offer are about that other product, {product} is its name, and `while` may ask that it is
    `new_to_client`. `email` writes to the card's contact, else to the client; an owner whose letter
    does not go out is told. `webhook` tells other systems by an event.
    Texts may name {client}, {agreement}, {title}, {number}, {product}, {amount}, {renewal_date},
    {end_date}, {due} and {date}, the day of the anchor. The `subject` and `text` of a letter are
    templates: {{ client }}, and {% if contact %}…{% endif %} for what may be unknown; they know
    contact, period, invoice, owner and owner_email besides, and no {{ due }}.
    """

    type: ActionType
    subject: Line | None = None
    text: Said | None = None
    to: To | None = None
    kind: TaskKind | None = None
    due_working_days: Annotated[int, Meta(ge=0, le=366)] | None = None
    due_offset: OffsetText | None = None
    pipeline: Word | None = None
    product_id: Id | None = None


class ReminderRule(Struct, frozen=True, kw_only=True, rename={"during": "while"}):
    """What is done so long before or after a moment of a record, once in each of its terms.

    Of the rules of one `key` the most specific counts for a record: a product before a segment
    before a pipeline. `while` names states, stages and conditions: of the states and stages one has
    to hold, of the conditions each. Of several rules of a `family` that are due the last one acts,
    and its task takes the place of the one that stands open. An offset in minutes or hours (PT60M)
    is working time; it is looked at all day, the others once an hour.
    """

    id: int
    key: str
    name: str
    active: bool
    kind: SubjectKind
    anchor: Anchor
    offset: str
    during: list[str]
    family: Family | None
    pipeline_id: int | None
    product_id: int | None
    segment: str | None
    actions: list[ReminderAction]
    version: int
    created_at: datetime
    updated_at: datetime


class ReminderRules(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of rules."""

    items: list[ReminderRule]
    next_cursor: str | None
    total: int | UnsetType = UNSET


During = Annotated[
    list[Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,64}$", examples=["open"])]],
    Meta(max_length=20),
]
Actions = Annotated[list[ReminderActionFields], Meta(min_length=1, max_length=10)]


class ReminderRuleFields(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"during": "while"}
):
    """The fields of a rule that may be written; its key stays."""

    name: Name | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    kind: SubjectKind | UnsetType = UNSET
    anchor: Anchor | UnsetType = UNSET
    offset: OffsetText | UnsetType = UNSET
    during: During | UnsetType = UNSET
    family: Family | None | UnsetType = UNSET
    pipeline_id: Id | None | UnsetType = UNSET
    product_id: Id | None | UnsetType = UNSET
    segment: Word | None | UnsetType = UNSET
    actions: Actions | UnsetType = UNSET


class ReminderRuleCreate(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"during": "while"}
):
    """A new rule: of its own, or with a known `key` another variant of that rule for a scope.

    Without `while` it holds for cards that are open, and for all clients.
    """

    name: Name
    kind: SubjectKind
    anchor: Anchor
    offset: OffsetText
    actions: Actions
    key: Key | UnsetType = UNSET
    active: bool = True
    during: During | UnsetType = UNSET
    family: Family | None = None
    pipeline_id: Id | None = None
    product_id: Id | None = None
    segment: Word | None = None


class ReminderRuleFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters and paging of the list of rules."""

    key: Word | None = None
    kind: SubjectKind | None = None
    anchor: Anchor | None = None
    family: Family | None = None
    active: bool | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False


class ReminderHit(Struct, frozen=True, kw_only=True):
    """Whom a rule hits and why.

    `due_on` is the rule's day: `anchor_on` moved by its offset. Where it does not act, a later rule
    of its family does.
    """

    rule_id: int
    rule_version: int
    key: str
    name: str
    card_id: int | None
    client_id: int | None
    title: str
    owner_id: int
    anchor: Anchor
    anchor_on: date
    offset: str
    due_on: date
    acts: bool
    actions: list[ActionType]
    why: str


class ReminderHits(Struct, frozen=True):
    """All that the rules hit on a day."""

    today: date
    items: list[ReminderHit]


class DryRunFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The day (today unless another is named), and one rule alone, also where it is off."""

    today: date | None = None
    rule_id: Id | None = None


class ReminderRun(Struct, frozen=True, kw_only=True):
    """A line of the ledger: how many records had something due, for how many it was done.

    `late_days_max` tells how many days late the latest was. A line without `finished_at` belongs to
    a run that was interrupted; what it left is done by the next.
    """

    id: int
    started_at: datetime
    finished_at: datetime | None
    today: date
    trigger: Literal["cron", "catch_up", "manual"]
    checked: int
    fired: int
    failed: int
    late_days_max: int


class ReminderRuns(Struct, frozen=True):
    """A page of the ledger, newest first."""

    items: list[ReminderRun]
    next_cursor: str | None


class ReminderRunRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The day to remind for: today, or one that is past."""

    today: date | None = None


Stored = dict[str, Any]
