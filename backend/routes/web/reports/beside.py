"""The period before, beside the one that was asked for."""

from collections.abc import Callable
from typing import Any

from msgspec import structs

from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.page import Choice
from backend.routes.web.reports.sheet import Cell, Kind, Table
from backend.routes.web.words import N_

COMPARE = Choice(
    "compare",
    N_("Comparison"),
    (("", N_("No comparison")), ("previous", N_("With the period before"))),
)
PERIOD: tuple[str, Kind] = (N_("Period"), "text")


def period(one: Any) -> dict[str, Any]:
    """The days of a report, as the cards behind its numbers are asked for."""
    return {"from": one.start, "to": one.end}


def whole(filters: Any) -> Any:
    """Only a period with both its ends has one before it: no other is compared."""
    ends = filters.start is not None and filters.end is not None
    return filters if ends else structs.replace(filters, compare=None)


def whole_or_usual(filters: Any) -> Any:
    """The same of a report that has days of its own where none are given."""
    return filters if filters.start is filters.end is None else whole(filters)


def beside(
    found: Any,
    asked: Asked,
    heads: list[tuple[str, Kind]],
    row: Callable[[Cell, Any, Asked, str, dict[str, Any]], list[Cell]],
) -> list[Table]:
    """A report and its `previous` in a row each; nothing where no such was asked for."""
    if found.previous is None:
        return []
    rows = [
        row(Cell(asked.days(one.start, one.end)), one, asked, _currency(one), period(one))
        for one in (found, found.previous)
    ]
    return [Table(asked.say(N_("Beside the period before")), asked.columns(heads), rows)]


def _currency(one: Any) -> str:
    """The currency of a report of amounts; others have none."""
    return str(getattr(one, "currency", ""))
