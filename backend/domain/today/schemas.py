"""What a day's work begins with: the viewer's tasks, cards without one, what a head looks after."""

from datetime import date, datetime
from typing import Generic, Literal, TypeVar

from msgspec import Struct

from backend.domain.cards.schemas import Kind
from backend.domain.notifications.schemas import Behind

T = TypeVar("T")
Section = Literal["late", "today"]


class Place(Struct, frozen=True):
    """Where a page of tasks has ended, by what they are sorted by."""

    due_at: datetime
    worth: int
    task_id: int


class Due(Struct, frozen=True, kw_only=True):
    """A task of the viewer's with what it is about, as far as he sees that.

    `day` and `hour` are the company's. `is_seen` is False where the task is all that he may know:
    then there is no name and no money. `days_left` counts to the date of a renewal in work;
    `quiet_days` says for how long nobody has touched a card that its stage calls stale by then.
    """

    id: int
    version: int
    title: str
    kind: Literal["call", "email", "meeting", "message", "todo"]
    due_at: datetime
    day: date
    hour: str
    is_late: bool
    is_of_today: bool
    is_done: bool
    is_seen: bool
    card_kind: Kind | None
    card_id: int | None
    client_id: int | None
    number: str | None
    headline: str | None
    amount: str | None
    currency: str | None
    days_left: int | None
    quiet_days: int | None


class Tasks(Struct, frozen=True):
    """A page of tasks, with the place after which there are more."""

    items: list[Due]
    end: Place | None


class Sum(Struct, frozen=True):
    """Money of one currency."""

    currency: str
    amount: str


class Counts(Struct, frozen=True):
    """How many tasks are late and how many come today, and what is at stake behind them all."""

    late: int
    today: int
    sums: list[Sum]

    @property
    def total(self) -> int:
        return self.late + self.today


class WithoutStep(Struct, frozen=True):
    """How many open cards of the viewer's own in a pipeline have no task."""

    kind: Kind
    pipeline_key: str
    pipeline_name: str
    count: int


class Handed(Struct, frozen=True, kw_only=True):
    """A card that the viewer was given and has not looked at yet."""

    id: int
    kind: Kind
    number: str
    headline: str
    giver_name: str | None
    handed_at: datetime
    amount: str | None
    currency: str


class Told(Struct, frozen=True, kw_only=True):
    """Something that the viewer was told and has not read; an alert names the report behind it."""

    id: int
    text: str
    at: datetime
    card_id: int | None
    card_kind: Kind | None
    number: str | None
    client_id: int | None
    report: Behind | None


class Orphan(Struct, frozen=True, kw_only=True):
    """A running agreement without a next renewal, and the date that its period proposes."""

    agreement_id: int
    title: str
    client_id: int
    client_name: str
    owner_name: str
    last_date: date | None
    proposed: date | None


class Parked(Struct, frozen=True, kw_only=True):
    """A renewal that the sweep could not bring into work, try after try."""

    id: int
    number: str
    headline: str
    renewal_date: date
    parked_at: datetime
    failures: int
    last_error: str | None


class Some(Struct, Generic[T], frozen=True):
    """The first of them, and how many there are."""

    items: list[T]
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.items)


class Silence(Struct, frozen=True):
    """For how many hours no sweep has come to its end, and when the last one did."""

    hours: int
    since: datetime


class Care(Struct, frozen=True, kw_only=True):
    """What whoever answers for others' renewals looks at first."""

    orphans: Some[Orphan]
    parked: Some[Parked]
    silence: Silence | None


class Today(Struct, frozen=True, kw_only=True):
    """The whole page; `care` is None for whoever answers for his own work alone.

    `to_review` is how many imported renewals wait for a decision.
    """

    day: date
    counts: Counts
    late: Tasks
    today: Tasks
    told: Some[Told]
    without_step: list[WithoutStep]
    handed: Some[Handed]
    care: Care | None
    to_review: int
