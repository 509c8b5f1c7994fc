"""When a rule fires, which of its variants counts, which of a family acts. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec import Struct

from backend.domain.calendar import Period, shift
from backend.domain.workdays import Workdays
from backend.errors import NotAcceptable

OFFSET = r"^(-?P(0|[1-9][0-9]{0,3})[DWMY]|PT[1-9][0-9]{0,2}[MH])$"
# What was to be said longer ago than this is not said any more.
LOOK_BACK = 60
# No run of days off moves a task further than this, and no month's end more than 3 days.
MOVED = 35

# The moments that a kind of record has. A term is a renewal until it is closed.
ANCHORS: dict[str, frozenset[str]] = {
    "lead": frozenset({"stage_entered", "created", "closed", "next_contact"}),
    "offer": frozenset({"stage_entered", "created", "closed", "approval", "valid_until"}),
    "deal": frozenset({"stage_entered", "created", "closed", "next_contact", "last_purchase"}),
    "renewal": frozenset(
        {"renewal_date", "end_date", "activation", "stage_entered", "created", "closed",
         "next_contact", "last_purchase"}
    ),
    "client": frozenset(
        {"created", "last_purchase", "last_meeting", "last_touch", "next_contact", "churned_on"}
    ),
}  # fmt: skip
# The anchors that are days; the others are instants.
DATES = frozenset({"renewal_date", "end_date", "valid_until", "churned_on"})
# The anchors of a term: a rule speaks once in it, also where its date is moved.
TERM = frozenset({"renewal_date", "end_date", "activation"})
STATES = ("waiting", "open", "won", "lost")
NAMES = (
    "client", "agreement", "title", "number", "product", "amount", "renewal_date", "end_date",
    "due", "date",
)  # fmt: skip


class Offset(Struct, frozen=True):
    """So long after an anchor, or before it where the sign is negative.

    `minutes` are working time, by which a rule is watched all day: PT60M, PT4H.
    """

    sign: int
    period: Period
    minutes: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Offset":
        if not re.fullmatch(OFFSET, text):
            raise NotAcceptable(
                f"“{text}” is not an offset; write -P7D for a week before, P1M for a month after,"
                " PT60M for an hour of work after"
            )
        if text.startswith("PT"):
            return cls(1, Period(0, "D"), int(text[2:-1]) * (60 if text[-1] == "H" else 1))
        return cls(-1 if text.startswith("-") else 1, Period.parse(text.lstrip("-")))

    def __str__(self) -> str:
        if self.minutes is not None:
            return f"PT{self.minutes}M"
        return f"{'-' if self.sign < 0 else ''}{self.period}"

    @property
    def before(self) -> bool:
        return self.sign < 0 and self.period.count > 0

    def of(self, anchor: date) -> date:
        return shift(anchor, self.period, self.sign)

    def anchors(self, first: date, last: date) -> tuple[date, date]:
        """No anchor outside of these days has its moment within the given ones."""
        room = timedelta(days=3)
        return (
            shift(first, self.period, -self.sign) - room,
            shift(last, self.period, -self.sign) + room,
        )


class Rule(Struct, frozen=True, kw_only=True):
    """A rule as it decides: `conditions` is its `while`, `actions` are as they are stored."""

    id: int
    version: int
    key: str
    active: bool
    name: str
    kind: str
    anchor: str
    offset: Offset
    conditions: tuple[str, ...]
    family: str | None
    pipeline_id: int | None
    product_id: int | None
    segment: str | None
    actions: tuple[Mapping[str, Any], ...]

    @property
    def offered(self) -> list[int]:
        """The products that its actions offer."""
        return [action["product_id"] for action in self.actions if "product_id" in action]

    @property
    def specificity(self) -> int:
        """A product tells more than a segment, and that more than a pipeline."""
        named = (self.product_id is not None, self.segment is not None, self.pipeline_id)
        return 4 * named[0] + 2 * named[1] + (named[2] is not None)

    def covers(self, pipeline_id: int | None, products: Iterable[int], segment: str | None) -> bool:
        return (
            self.pipeline_id in (None, pipeline_id)
            and (self.product_id is None or self.product_id in products)
            and self.segment in (None, segment)
        )

    @property
    def makes_task_that_day(self) -> bool:
        """Whether it makes a task that is due on the rule's own day."""
        return any(
            action["type"] == "task" and action.get("due_offset") is None
            and not action.get("due_working_days")
            for action in self.actions
        )  # fmt: skip

    def due_on(self, anchor: date, calendar: Workdays) -> date:
        """The day on which it fires for an anchor.

        Its task for that very day, where that is a day off before the anchor, comes on the working
        day before.
        """
        day = self.offset.of(anchor)
        early = self.offset.before and self.makes_task_that_day
        return calendar.backward(day) if early else day

    def window(self, today: date) -> tuple[date, date]:
        """No anchor outside of these days lets the rule fire today."""
        first, last = self.offset.anchors(
            today - timedelta(days=LOOK_BACK), today + timedelta(days=MOVED)
        )
        return (max(first, today) if self.offset.before else first), last

    def fires(self, anchor: date, today: date, calendar: Workdays) -> bool:
        """Whether its day has come and is not long past; what was to come before is not too late.

        A rule that speaks before its anchor is silent once the anchor has passed.
        """
        if self.offset.before and anchor < today:
            return False
        day = self.due_on(anchor, calendar)
        return today - timedelta(days=LOOK_BACK) <= day <= today


def most_specific(
    rules: Iterable[Rule], pipeline_id: int | None, products: Sequence[int], segment: str | None
) -> dict[str, Rule]:
    """The variant of each rule that counts for a record; one that is switched off silences it."""
    found: dict[str, Rule] = {}
    for rule in sorted(rules, key=lambda rule: (rule.specificity, -rule.id)):
        if rule.covers(pipeline_id, products, segment):
            found[rule.key] = rule
    return found


class Hit(Struct, frozen=True, kw_only=True):
    """A rule whose day has come for a record. `facts` are what its texts may name."""

    rule: Rule
    card_id: int | None
    client_id: int | None
    wait: int
    anchor_on: date
    due_on: date
    owner_id: int
    state: str | None
    facts: Mapping[str, str | None]

    @property
    def about(self) -> dict[str, int | None]:
        """The one record it is about: a card, or a client himself."""
        return {
            "card_id": self.card_id,
            "client_id": self.client_id if self.card_id is None else None,
        }

    @property
    def subject(self) -> tuple[str, int]:
        return ("client", self.client_id or 0) if self.card_id is None else ("card", self.card_id)


def acting(hits: Sequence[Hit]) -> set[int]:
    """The ids of the rules that act for a record: of each family only the one that came last."""
    last: dict[str, Hit] = {}
    for hit in hits:
        if (family := hit.rule.family) is not None:
            rival = last.get(family)
            if rival is None or _later(hit) > _later(rival):
                last[family] = hit
    return {hit.rule.id for hit in hits if hit.rule.family is None or last[hit.rule.family] is hit}


def _later(hit: Hit) -> tuple[date, int]:
    return hit.due_on, hit.rule.id


def task_day(action: Mapping[str, Any], hit: Hit, today: date, calendar: Workdays) -> date:
    """When the task of a rule is due: never in the past, never on a day off.

    What is due before its anchor and falls on a day off goes to the working day before, what is
    due after it to the next one.
    """
    if action.get("due_offset") is not None:
        day = Offset.parse(action["due_offset"]).of(hit.anchor_on)
        day = calendar.backward(day) if day < hit.anchor_on else calendar.forward(day)
    elif action.get("due_working_days"):
        return calendar.forward(max(today, hit.due_on), action["due_working_days"])
    elif hit.due_on < hit.anchor_on:
        day = calendar.backward(hit.due_on)
    else:
        day = calendar.forward(hit.due_on)
    return day if day >= today else calendar.forward(today)


def unknown_names(text: str) -> list[str]:
    """What stands in braces in a text and is no name that a rule knows."""
    rest = text
    for name in NAMES:
        rest = rest.replace(f"{{{name}}}", "")
    return re.findall(r"\{[^{}]*\}?|\}", rest)


def worded(text: str, facts: Mapping[str, str | None]) -> str:
    """A text with its names filled in; what a record lacks is a dash."""
    return re.sub(r"\{(\w+)\}", lambda found: facts.get(found[1]) or "–", text)
