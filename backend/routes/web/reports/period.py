"""The periods that reports are asked for by name."""

from calendar import monthrange
from datetime import date

from backend.domain.funnels.rules import before
from backend.domain.retention import rules as retention
from backend.routes.web.words import N_

ALL, TWELVE = "all", "twelve_months"
PERIODS = {
    "this_month": N_("This month"), "last_month": N_("Last month"),
    "this_quarter": N_("This quarter"), "last_quarter": N_("Last quarter"),
    "this_year": N_("This year"), "last_year": N_("Last year"),
    TWELVE: N_("Twelve months"), ALL: N_("All time"),
}  # fmt: skip
# Those of reports that are never over all time.
ENDED = tuple(name for name in PERIODS if name != ALL)
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def span(period: str, today: date) -> tuple[date | None, date | None]:
    """The first and the last day of a period; of all time none is known.

    Twelve months end with the present one.
    """
    if period == ALL:
        return None, None
    if period == TWELVE:
        return retention.period(None, None, today)
    which, _, length = period.partition("_")
    months = MONTHS[length]
    first = today.replace(month=(today.month - 1) // months * months + 1, day=1)
    last_month = first.month + months - 1
    last = first.replace(month=last_month, day=monthrange(first.year, last_month)[1])
    found = first, last
    return found if which == "this" else before(*found) or found
