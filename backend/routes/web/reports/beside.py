"""The period before, beside the one that was asked for."""

from collections.abc import Callable
from typing import Any

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
        row(Cell(asked.days(one.start, one.end)), one, asked, one.currency, period(one))
        for one in (found, found.previous)
    ]
    return [Table(asked.say(N_("Beside the period before")), asked.columns(heads), rows)]
