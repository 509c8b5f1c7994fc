"""Funnel reports as the outside sees them."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Id = Annotated[int, Meta(ge=1, le=2**53)]
Share = Annotated[float, Meta(ge=0, le=1)]


class FunnelFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which funnel: pipeline (key or id), first and last day of entering, both inclusive."""

    pipeline: Id | Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    start: date | None = field(default=None, name="from")
    end: date | None = field(default=None, name="to")
    owner_id: Id | None = None
    as_of: date | None = None
    basis: Literal["cohort"] = "cohort"
    count: Literal["furthest"] = "furthest"
    by: Literal["count"] = "count"


class FunnelStage(Struct, frozen=True, kw_only=True):
    """One stage: reached = advanced + lost + open + moved_out; shares are 0-1, null for 0 ÷ 0."""

    stage_id: int
    key: str
    name: str
    reached: int
    advanced: int
    lost: int
    open: int
    moved_out: int
    conversion: Share | None
    resolved_conversion: Share | None
    drop_off: Share | None
    still_open: Share | None
    cumulative: Share | None
    median_days: float | None
    p80_days: float | None
    skipped: int
    returned: int


class Detour(Struct, frozen=True, kw_only=True):
    """A stage beside the main line: the cards that visited it, and how often."""

    stage_id: int
    key: str
    name: str
    cards: int
    visits: int
    median_days: float | None


class FunnelReport(Struct, frozen=True, kw_only=True):
    """A funnel over the cards that entered in the period, as they stood at `as_of`."""

    pipeline: str
    pipeline_version: int
    basis: Literal["cohort"]
    count: Literal["furthest"]
    by: Literal["count"]
    start: date | None = field(name="from")
    end: date | None = field(name="to")
    as_of: datetime
    scope: Literal["none", "own", "team", "all"]
    stages: list[FunnelStage]
    detours: list[Detour]
    entered: int
    won: int
    lost: int
    open: int
    moved_out: int
    win_rate: Share | None
