"""The report on renewals, as the outside sees it."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from backend.domain.funnels.schemas import Code, ComparedFilters, Money, Month, Rest, Share
from backend.domain.retention.rules import Outcome
from backend.domain.widths import Width

# New money beside old: more than 1 where more is paid than before.
Multiple = Annotated[float, Meta(ge=0)]


class RetentionFilters(ComparedFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which pipeline (all of them if it is left out), and in which period.

    Without `to`: until this month ends, or that of `from` if it is later; without `from`: the
    twelve months that end with that of `to`. Amounts are those in `currency`, the company's own
    if it is left out; `compare` adds the period before.
    """

    currency: Code | None = None


class RenewalReportFilters(RetentionFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The renewals that were to fall due in a period, by their original dates, and how grouped."""

    group_by: Literal["month", "owner"] = "month"


class RenewalCardFilters(
    RenewalReportFilters, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """The cards of which number: of all that were due, or of a month of them."""

    outcome: Literal["due", "returned"] | Outcome = "due"
    month: Month | None = None


class Rated(Struct, frozen=True, kw_only=True):
    """Renewed on time or within the grace days, on time alone; money kept, and with what was
    added."""

    renewal_rate: Share | None
    on_time_rate: Share | None
    grr: Share | None
    nrr: Multiple | None


class RenewalFigures(Struct, frozen=True, kw_only=True):
    """due = on_time + late + win_back + lost + overdue + pending + cancelled.

    Rates leave pending and cancelled ones out; `decided` leaves out those that are overdue, too.
    `returned` are the clients that came back in the period after a loss.
    """

    due: int
    on_time: int
    late: int
    win_back: int
    lost: int
    overdue: int
    pending: int
    cancelled: int
    renewal_rate: Share | None
    on_time_rate: Share | None
    old_amount: Money
    new_amount: Money
    grr: Share | None
    nrr: Multiple | None
    decided: Rated
    returned: int


class RenewalGroup(RenewalFigures, frozen=True, kw_only=True):
    """The figures of the month in which renewals were due, or of an owner."""

    month: str | None
    owner_id: int | None
    owner_name: str | None


class RenewalReport(RenewalFigures, frozen=True, kw_only=True):
    """What became of the renewals of a period, over those that the caller may see.

    `others` have an amount in another currency, or none before: they are in no sum of money.
    """

    pipeline: str | None
    currency: str
    group_by: Literal["month", "owner"]
    start: date | None = field(name="from")
    end: date | None = field(name="to")
    as_of: datetime
    scope: Width
    items: list[RenewalGroup]
    others: list[Rest]
    previous: "RenewalReport | None"
