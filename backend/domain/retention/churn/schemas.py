"""The report on churn, as the outside sees it."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from backend.domain.funnels.schemas import Money, Rest, Share
from backend.domain.retention.churn.rules import Behind
from backend.domain.retention.schemas import RetentionFilters
from backend.domain.widths import Width

LONGEST = 120  # months


class ChurnFilters(RetentionFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which losses, by the days on which clients left, and how grouped.

    Whoever asks by month asks for ten years at most. What was known on an earlier day is not
    kept: `as_of` cannot lie before today.
    """

    group_by: Literal["month", "segment", "owner"] = "month"


class ChurnCardFilters(ChurnFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The renewals behind which number, of each client one; `lost` are those that lost money.

    A month of a period is asked for by its days.
    """

    which: Behind = "churned"
    segment: Annotated[str, Meta(max_length=64)] | None = None
    no_segment: bool = False


class ChurnFigures(Struct, frozen=True, kw_only=True):
    """Clients there on the eve of the period, those who left within it, those who came back.

    `churned` are all who left, `churned_of_clients` those of them who were there on the eve: of
    these, by the `clients`, is the `churn_rate`. `revenue_churn_rate` is of what the agreements of
    the eve bring a year by the last term paid; one that was lost counts also where its client
    holds others.
    """

    clients: int
    churned_of_clients: int
    churned: int
    stopped: int
    competitor: int
    returned: int
    churn_rate: Share | None
    revenue: Money
    lost_revenue: Money
    revenue_churn_rate: Share | None


class ChurnGroup(ChurnFigures, frozen=True, kw_only=True):
    """The figures of a month, a segment, or an owner of what is renewed."""

    month: str | None
    segment: str | None
    owner_id: int | None
    owner_name: str | None


class ChurnReport(ChurnFigures, frozen=True, kw_only=True):
    """Which clients have left, over the renewals that the caller may see.

    `others` are agreements in another currency, or of which it is not known what they bring a
    year: they are in no sum of money.
    """

    pipeline: str | None
    currency: str
    group_by: Literal["month", "segment", "owner"]
    start: date | None = field(name="from")
    end: date | None = field(name="to")
    as_of: datetime
    scope: Width
    items: list[ChurnGroup]
    others: list[Rest]
    previous: "ChurnReport | None"
