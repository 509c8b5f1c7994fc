"""Boards as pages show them: what is asked, columns with their heads, cards, figures."""

from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from backend.domain.boards.rules import Band
from backend.domain.cards.schemas import Id, Kind, StageRef
from backend.domain.pipelines.schemas import PipelineOut, StageOut
from backend.domain.stages import Reason

Sort = Literal["rank", "sum", "age", "task"]
Flag = Literal["late", "notask", "stale"]


class BoardFilters(Struct, frozen=True, kw_only=True):
    """Which board, and which of its cards; nothing said = the kind's first pipeline, all cards.

    `store` shows the stage of those that wait, to whoever sees more than his own; `by` lays
    renewals out by stage or by date.
    """

    pipeline: StageRef | None = None
    owners: tuple[Id, ...] = ()
    source: str | None = None
    q: str | None = None
    created_from: date | None = None
    created_to: date | None = None
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    flag: Flag | None = None
    sort: Sort = "rank"
    by: Literal["stage", "date"] = "stage"
    store: bool = False


class NextTask(Struct, frozen=True):
    """The open task of a card that is due first: its day and hour at the company.

    `days` counts to that day and is negative once it is past.
    """

    id: int
    title: str
    day: date
    hour: str
    days: int
    is_late: bool


class BoardCard(Struct, frozen=True, kw_only=True):
    """A card as a board shows it; `lane` is the key of its column.

    `headline` is whom it is about, `subject` what, where the headline does not say it already;
    `step` says what its last line is about.
    """

    id: int
    kind: Kind
    number: str
    version: int
    lane: str
    stage_id: int
    headline: str
    subject: str
    state: str
    amount: str | None
    currency: str
    owner_id: int
    owner_name: str
    days_in_stage: int
    quiet_days: int
    is_stale: bool
    is_new_to_owner: bool
    step: Literal["late", "next", "none", "won", "lost", "waits"]
    task: NextTask | None
    reason_name: str | None
    made_deal: str | None
    closed_on: date | None
    renewal_date: date | None
    days_left: int | None
    can_move: bool


class Sum(Struct, frozen=True):
    """Money of one currency: of all cards, and weighted with their probabilities."""

    currency: str
    amount: str
    forecast: str


class Head(Struct, frozen=True, kw_only=True):
    """How many cards a whole column has, beyond those that are shown, and what they are worth."""

    key: str
    count: int
    sums: list[Sum]


class Lane(Struct, frozen=True, kw_only=True):
    """One column as it is set up: a stage, or a span of days (then there is no stage)."""

    key: str
    takes_new: bool
    kind: Literal["holding", "open", "detour", "won", "lost", "date"]
    stage: StageOut | None


class Column(Struct, frozen=True, kw_only=True):
    """A column: its lane, its head, its first cards, the cursor to the next ones."""

    lane: Lane
    head: Head
    cards: list[BoardCard]
    next_cursor: str | None


class Owner(Struct, frozen=True):
    """Somebody whose cards the viewer sees."""

    id: int
    name: str


class Board(Struct, frozen=True, kw_only=True):
    """A whole board; `total` sums up its open columns."""

    kind: Kind
    pipeline: PipelineOut
    pipelines: list[PipelineOut]
    columns: list[Column]
    total: Head
    owners: list[Owner]
    can_open_store: bool


class CardPage(Struct, frozen=True, kw_only=True):
    """The next cards of a column."""

    lane: Lane
    cards: list[BoardCard]
    next_cursor: str | None


class Placed(Struct, frozen=True, kw_only=True):
    """A card with the one it stands behind as the viewer sees the column; None = it is first."""

    card: BoardCard
    after_id: int | None


class Patch(Struct, frozen=True, kw_only=True):
    """What changed on a board: cards where they stand now, those not on it, the heads."""

    cards: list[Placed]
    gone: list[int]
    heads: list[Head]
    total: Head


class StageFigures(Struct, frozen=True, kw_only=True):
    """What the funnel says of a column; None where it has nothing to say."""

    key: str
    kind: str
    band: Band | None
    conversion: float | None
    drop_off: float | None
    median_days: float | None
    win_rate: float | None
    top_reason: str | None
    is_low: bool


class Figures(Struct, frozen=True, kw_only=True):
    """The figures that a board gets after its cards: of the funnel, and of what needs a person."""

    first: date
    last: date
    stages: list[StageFigures]
    late: int
    without_task: int
    stale: int
    days_to_win: Decimal | None


class About(Struct, frozen=True, kw_only=True):
    """A card in one line."""

    id: int
    number: str
    headline: str
    amount: str | None
    currency: str


class Renewed(Struct, frozen=True, kw_only=True):
    """What a renewal that is about to be won says by itself of the next one.

    `following` is None where a date must be given: it is not known, or one of the `proposals` is
    to be chosen. `ends` are the reasons for no further renewal.
    """

    due: date
    period: str | None
    following: date | None
    proposals: dict[str, date]
    ends: tuple[Reason, ...]


class OtherAgreement(Struct, frozen=True, kw_only=True):
    """Another agreement of a client that runs, with the date of its next renewal."""

    id: int
    title: str
    renewal_date: date
