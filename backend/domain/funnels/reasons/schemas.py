"""Reports about why cards were lost, as the outside sees them."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from backend.domain.funnels.schemas import ComparedFilters, Id, Month, Share
from backend.domain.widths import Width

Percent = Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]{2}$")]


class ReasonReportFilters(ComparedFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which pipeline (the offers' if it is left out), how grouped, and which cards are all.

    `closed` are those closed in the period; `sent` are the offers sent in it, closed or not.
    """

    group_by: Literal["owner", "stage", "month"] = "owner"
    basis: Literal["closed", "sent"] = "closed"


class ReasonCardFilters(ReasonReportFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cards of which number: all that were closed or sent, or those that ended so.

    `owner_id`, `stage` (that the card was lost from) and `month` name a group.
    """

    outcome: Literal["closed", "won", "lost", "void"] = "closed"
    reason_id: Id | None = None
    stage: Id | None = None
    month: Month | None = None


class ReasonShare(Struct, frozen=True, kw_only=True):
    """How many cards of a group were lost for a reason, among all that it closed.

    One of owner, stage and month is given, as the report is grouped; a stage is the one that the
    cards were lost from, and its shares are of all stages' cards. `overall_share` is that of the
    reason in the whole report.
    """

    owner_id: int | None
    owner_name: str | None
    stage_id: int | None
    stage_key: str | None
    stage_name: str | None
    month: str | None
    reason_id: int
    reason_key: str
    reason_name: str
    count: int
    closed: int
    share: Share | None
    overall_share: Share | None
    limit_percent: Percent | None
    over_limit: bool


class Streak(Struct, frozen=True, kw_only=True):
    """A lead or a client whose outcomes are all one reason: what the product proposes to do.

    `first_card_id` is the card that it began with.
    """

    lead_id: int | None
    client_id: int | None
    title: str
    owner_id: int
    owner_name: str
    reason_key: str
    reason_name: str
    count: int
    needed: int
    first_card_id: int
    proposals: list[Literal["suspend", "reassign"]]


class ReasonReport(Struct, frozen=True, kw_only=True):
    """Reasons over the cards that the caller may see; those of the group `void` are in no figure.

    `alerts` are the shares above their limits, of at least ten cards.
    """

    pipeline: str
    group_by: Literal["owner", "stage", "month"]
    basis: Literal["closed", "sent"]
    start: date | None = field(name="from")
    end: date | None = field(name="to")
    as_of: datetime
    scope: Width
    closed: int
    won: int
    lost: int
    void: int
    items: list[ReasonShare]
    alerts: list[ReasonShare]
    streaks: list[Streak]
    previous: "ReasonReport | None"


class GuardRail(Struct, frozen=True, kw_only=True):
    """What choosing a reason now would come to: its share this month, and the streak it makes."""

    reason_id: int
    reason_key: str
    reason_name: str
    count: int
    closed: int
    share: Share | None
    limit_percent: Percent | None
    over_limit: bool
    team_share: Share | None
    streak: int | None
    streak_needed: int | None
