"""The periods that reports are asked for by name."""

from calendar import monthrange
from datetime import date

from backend.domain.funnels.rules import before
from backend.routes.web.words import N_

ALL = "all"
PERIODS = {
    "this_month": N_("This month"), "last_month": N_("Last month"),
    "this_quarter": N_("This quarter"), "last_quarter": N_("Last quarter"),
    "this_year": N_("This year"), "last_year": N_("Last year"), ALL: N_("All time"),
}  # fmt: skip
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def span(period: str, today: date) -> tuple[date | None, date | None]:
    """The first and the last day of a period; of all time none is known."""
    if period == ALL:
        return None, None
    which, _, length = period.partition("_")
    months = MONTHS[length]
    first = today.replace(month=(today.month - 1) // months * months + 1, day=1)
    last_month = first.month + months - 1
    last = first.replace(month=last_month, day=monthrange(first.year, last_month)[1])
    found = first, last
    return found if which == "this" else before(*found) or found
