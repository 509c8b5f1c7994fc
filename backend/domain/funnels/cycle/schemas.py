"""How long sales take, and what they bring in a day, as the outside sees it."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct, field

from backend.domain.funnels.schemas import Code, ComparedFilters, Money, Month, Share
from backend.domain.widths import Width


class CycleFilters(ComparedFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which wins (those of the last 180 days if no day is given), and how grouped."""

    group_by: Literal["month", "owner"] = "month"


class CycleCardFilters(CycleFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cards of which number: of a month, or with `owner_id` of an owner, or all of them."""

    month: Month | None = None


class CycleTime(Struct, frozen=True, kw_only=True):
    """From entering to winning, time in the store left out; a month or an owner is given."""

    month: str | None
    owner_id: int | None
    owner_name: str | None
    cards: int
    median_days: float | None
    p80_days: float | None
    mean_days: float | None


class CycleReport(Struct, frozen=True, kw_only=True):
    """The length of won cards' cycles, over the cards that the caller may see."""

    pipeline: str
    group_by: Literal["month", "owner"]
    start: date | None = field(name="from")
    end: date | None = field(name="to")
    as_of: datetime
    scope: Width
    cards: int
    median_days: float | None
    p80_days: float | None
    mean_days: float | None
    items: list[CycleTime]
    previous: "CycleReport | None"


class VelocityFilters(ComparedFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Over which closings (those of the last 180 days if no day is given), in which currency."""

    currency: Code | None = None


class VelocityCardFilters(VelocityFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cards of which factor; those of the win rate are `closed`, those of the pace `all`."""

    outcome: Literal["open", "won", "lost", "closed", "all", "stale"] = "open"


class Pace(Struct, frozen=True, kw_only=True):
    """Open cards × win rate × average won amount ÷ average cycle, of the cards in one currency.

    `win_rate_by_amount` is that of their amounts instead of their number.
    """

    pipeline: str
    currency: str
    start: date | None = field(name="from")
    end: date | None = field(name="to")
    as_of: datetime
    scope: Width
    open_cards: int
    won: int
    lost: int
    win_rate: Share | None
    win_rate_by_amount: Share | None
    average_won: Money | None
    cycle_days: float | None
    per_day: Money | None


class Velocity(Pace, frozen=True, kw_only=True):
    """The pace, and with `compare` what it was by the closings of the period before.

    `stale` are those of the open cards that have gone stale, `stale_adjusted_win_rate` takes them
    for lost. Which were on an earlier day is not kept: with `as_of` both are null.
    """

    stale: int | None
    stale_adjusted_win_rate: Share | None
    previous: Pace | None
