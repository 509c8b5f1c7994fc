"""What each manager has done with his cards, as the outside sees it."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct, field

from backend.domain.funnels.schemas import ComparedFilters, Id, Money, Share
from backend.domain.widths import Width


class ManagerFilters(ComparedFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose work, in which pipeline and period (this month if no day is given)."""


class ManagerCardFilters(ManagerFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cards of which number; of numbers of work `by_id` says whose, of others `owner_id`."""

    which: Literal[
        "entered", "open", "won", "lost", "touched", "untouched", "closed_untouched",
        "moves", "activities", "tasks_done", "tasks_overdue",
    ] = "entered"  # fmt: skip
    by_id: Id | None = None


class Earned(Struct, frozen=True, kw_only=True):
    """What was won in a currency."""

    currency: str
    amount: Money


class Manager(Struct, frozen=True, kw_only=True):
    """One owner's cards and what he did in the period.

    A touch is an activity about the card, a task about it done, or any change or move by a person
    but its making and its closing. `untouched` are open cards that entered in the period and had
    none yet, `closed_untouched` were closed in it without any.
    """

    owner_id: int
    owner_name: str
    entered: int
    open: int
    won: int
    lost: int
    win_rate: Share | None
    earned: list[Earned]
    moves: int
    activities: int
    tasks_done: int
    tasks_overdue: int
    touched: int
    untouched: int
    closed_untouched: int
    median_first_touch_hours: float | None


class ManagerReport(Struct, frozen=True, kw_only=True):
    """Managers side by side, over the cards that the caller may see."""

    pipeline: str
    start: date | None = field(name="from")
    end: date | None = field(name="to")
    as_of: datetime
    scope: Width
    items: list[Manager]
    previous: "ManagerReport | None"
