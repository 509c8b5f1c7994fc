"""Funnel reports as the outside sees them."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from backend.domain.widths import Width
from backend.errors import pointed

Id = Annotated[int, Meta(ge=1, le=2**53)]
Share = Annotated[float, Meta(ge=0, le=1)]
Key = Annotated[str, Meta(min_length=1, max_length=64)]
Month = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}$")]
Code = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Money = Annotated[str, Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
# Cards, or their amounts together in the report's currency.
Figure = Annotated[int, Meta(ge=0)] | Money


class ReportFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which cards: of a pipeline (key or id), first and last day, both inclusive, whose, what.

    Owner, team, source and product are those that a card has today, `as_of` an earlier day too.
    """

    pipeline: Id | Key | None = None
    start: date | None = field(default=None, name="from")
    end: date | None = field(default=None, name="to")
    owner_id: Id | None = None
    team_id: Id | None = None
    source: Key | None = None
    product_id: Id | None = None
    as_of: date | None = None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.end < self.start:
            raise pointed("`to` lies before `from`", "/to")


class ComparedFilters(ReportFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same, beside the period just before where that is asked for."""

    compare: Literal["previous"] | None = None


class FunnelFilters(ComparedFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which funnel, what is counted in it, and beside what it is set.

    `currency` says whose amounts are added (the company's own if it is left out), `times` leaves
    the times in stages out, and `compare` adds the period before.
    """

    basis: Literal["cohort", "snapshot", "flow"] = "cohort"
    count: Literal["furthest", "touched", "strict"] = "furthest"
    by: Literal["count", "amount"] = "count"
    currency: Code | None = None
    reason_id: Id | None = None
    times: bool = True


Bucket = Literal[
    "reached", "advanced", "lost", "open", "moved_out", "bypassed", "skipped", "returned",
    "touched", "touched_won", "entered", "won", "reopened", "entered_late", "void",
]  # fmt: skip


class SeveralOwners(FunnelFilters, frozen=True, kw_only=True):
    """A funnel over the cards of several owners at once, as a board filters them; none = all."""

    owners: tuple[Id, ...] = ()


class FunnelCardFilters(FunnelFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which number of which funnel; without a stage it is a number of the whole funnel.

    Behind a sum (`by=amount`) are the cards in its currency alone.
    """

    bucket: Bucket = "entered"
    stage: Id | Key | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None


class Sum(Struct, frozen=True, kw_only=True):
    """Cards of one currency: their amounts, and the same weighted by probability."""

    currency: str
    cards: int
    amount: Money
    weighted: Money


class Standing(Struct, frozen=True, kw_only=True):
    """The cards that stand in a stage, their share of all that stand, sums per currency, ages."""

    cards: int
    share: Share | None
    sums: list[Sum]
    median_age_days: float | None
    p80_age_days: float | None


class FunnelStage(Struct, frozen=True, kw_only=True):
    """One stage: reached = advanced + lost + open + moved_out + bypassed, the last for strict only.

    Shares are 0-1, null for 0 ÷ 0 and where they would not be a conversion: only the furthest
    stage tells of conversion. `standing` is given for snapshots.
    """

    stage_id: int
    key: str
    name: str
    reached: Figure
    advanced: Figure
    lost: Figure
    open: Figure
    moved_out: Figure
    bypassed: Figure
    conversion: Share | None
    resolved_conversion: Share | None
    drop_off: Share | None
    still_open: Share | None
    cumulative: Share | None
    median_days: float | None
    p80_days: float | None
    mean_days: float | None
    median_age_days: float | None
    skipped: Figure
    returned: Figure
    touched: Figure
    standing: Standing | None


class Detour(Struct, frozen=True, kw_only=True):
    """A stage beside the main line: a loop, with the cards that visited it, and how often."""

    stage_id: int
    key: str
    name: str
    cards: Figure
    won: Figure
    visits: int | None
    median_days: float | None
    standing: Standing | None


class Rest(Struct, frozen=True, kw_only=True):
    """Cards whose amounts are in another currency, or that have none: they are in no figure."""

    currency: str
    cards: int
    amount: Money | None


class FunnelReport(Struct, frozen=True, kw_only=True):
    """A funnel over the cards that the caller may see, as they stood at `as_of`.

    `win_rate` leaves out losses for reasons of the group `void`, `raw_win_rate` does not.
    `low_stage_id` is the stage that the smallest share goes on from, where that share lies below
    the pipeline's `conversion_warning`.
    """

    pipeline: str
    pipeline_version: int
    basis: Literal["cohort", "snapshot", "flow"]
    count: Literal["furthest", "touched", "strict"]
    by: Literal["count", "amount"]
    currency: str | None
    start: date | None = field(name="from")
    end: date | None = field(name="to")
    as_of: datetime
    scope: Width
    stages: list[FunnelStage]
    low_stage_id: int | None
    detours: list[Detour]
    entered: Figure
    won: Figure
    lost: Figure
    open: Figure
    moved_out: Figure
    bypassed: Figure
    void: Figure
    reopened: Figure
    entered_late: Figure
    returned: Figure
    win_rate: Share | None
    raw_win_rate: Share | None
    others: list[Rest]
    previous: "FunnelReport | None"


class ReportCard(Struct, frozen=True, kw_only=True):
    """A card behind a number, as it stood at the instant that the report tells of.

    What it is called, whose it is and for which client are today's. One that was `deleted` since
    cannot be opened.
    """

    id: int
    kind: Literal["lead", "offer", "deal", "renewal"]
    number: str
    title: str
    stage_id: int
    stage_key: str
    stage_name: str
    state: Literal["waiting", "open", "won", "lost"]
    amount: Money | None
    currency: str
    owner_id: int
    owner_name: str
    client_id: int | None
    client_name: str | None
    reason_id: int | None
    reason_name: str | None
    entered_at: datetime | None
    closed_at: datetime | None
    deleted: bool


class ReportCards(Struct, frozen=True, kw_only=True):
    """The cards behind a number, by id."""

    items: list[ReportCard]
    next_cursor: str | None
