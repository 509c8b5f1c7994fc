"""The funnel on one day: who stands in which stage, with what, and for how long."""

from typing import Any

from backend.domain.funnels.schemas import FunnelReport
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.sheet import Cell, Kind, Table, pieces
from backend.routes.web.words import N_

AGES: tuple[tuple[str, Kind], ...] = (
    (N_("Median age, days"), "days"), (N_("80% within, days"), "days"),
)  # fmt: skip


def standing_tables(found: FunnelReport, asked: Asked) -> tuple[Table, list[Table]]:
    """The drawing, and a row for each stage and currency; shares are no conversion here."""
    everywhere: list[Any] = [*found.stages, *found.detours]
    places = [one for one in everywhere if one.standing is not None]
    whole = max((one.standing.cards for one in places), default=0)
    drawn: list[tuple[str, Kind]] = [
        (N_("Stage"), "text"), ("", "bar"), (N_("Cards"), "count"), (N_("Share"), "share"),
        *AGES,
    ]  # fmt: skip
    drawing = Table(
        asked.say(N_("Who stands where")), asked.columns(drawn),
        [
            [
                Cell(one.name), Cell(pieces((one.standing.cards, "c1"), whole=whole)),
                *(Cell(value, _to(one, asked)) for value in (
                    one.standing.cards, one.standing.share, one.standing.median_age_days,
                    one.standing.p80_age_days,
                )),
            ]
            for one in places
        ],
        empty=asked.say(N_("No card stands in this pipeline.")),
    )  # fmt: skip
    told: list[tuple[str, Kind]] = [
        (N_("Stage"), "text"), (N_("Currency"), "text"), (N_("Cards"), "count"),
        (N_("Amount"), "money"), (N_("Weighted"), "money"),
        (N_("Median age in the stage, days"), "days"),
        (N_("80% within in the stage, days"), "days"),
    ]  # fmt: skip
    rows = [row for one in places for row in _rows(one, asked)]
    return drawing, [
        Table(asked.say(N_("Stage by stage")), asked.columns(told), rows, is_main=True)
    ]


def _to(one: Any, asked: Asked, **which: str) -> str | None:
    """Where the cards of a stage are listed; all of them, however the page counts."""
    told = {"by": "count", **which}
    if not one.standing.cards:
        return None
    return asked.cards(bucket="open", stage=one.stage_id, **told)


def _rows(one: Any, asked: Asked) -> list[list[Cell]]:
    """The cards of a stage and their sums by currency; their ages are those of all of them."""
    standing = one.standing
    ages = [Cell(each, _to(one, asked)) for each in (standing.median_age_days,
                                                      standing.p80_age_days)]  # fmt: skip
    if not standing.sums:
        return [[Cell(one.name), Cell(""), Cell(0), Cell(), Cell(), *ages]]
    found = []
    for each in standing.sums:
        to = _to(one, asked, by="amount", currency=each.currency)
        sums = (Cell(value, to, unit=each.currency) for value in (each.amount, each.weighted))
        found.append([Cell(one.name), Cell(each.currency), Cell(each.cards, to), *sums, *ages])
    return found
