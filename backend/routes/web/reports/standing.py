"""The funnel on one day: who stands in which stage, with what, and for how long."""

from typing import Any

from backend.domain.funnels.schemas import FunnelReport
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.sheet import Cell, Kind, Table, pieces
from backend.routes.web.words import N_


def standing_tables(found: FunnelReport, asked: Asked) -> tuple[Table, list[Table]]:
    """The drawing, and a row for each stage and currency; shares are no conversion here."""
    everywhere: list[Any] = [*found.stages, *found.detours]
    places = [one for one in everywhere if one.standing is not None]
    whole = max((one.standing.cards for one in places), default=0)
    drawn: list[tuple[str, Kind]] = [
        (N_("Stage"), "text"), ("", "bar"), (N_("Cards"), "count"), (N_("Share"), "share"),
    ]  # fmt: skip
    drawing = Table(
        asked.say(N_("Who stands where")), asked.columns(drawn),
        [
            [
                Cell(one.name), Cell(pieces((one.standing.cards, "c1"), whole=whole)),
                _cards(one, asked), Cell(one.standing.share),
            ]
            for one in places
        ],
        empty=asked.say(N_("No card stands in this pipeline.")),
    )  # fmt: skip
    told: list[tuple[str, Kind]] = [
        (N_("Stage"), "text"), (N_("Cards"), "count"), (N_("Amount"), "money"),
        (N_("Weighted"), "money"), (N_("Currency"), "text"), (N_("Median age, days"), "days"),
        (N_("80% within, days"), "days"),
    ]  # fmt: skip
    rows = [row for one in places for row in _rows(one, asked)]
    return drawing, [
        Table(asked.say(N_("Stage by stage")), asked.columns(told), rows, is_main=True)
    ]


def _cards(one: Any, asked: Asked) -> Cell:
    many = one.standing.cards
    return Cell(many, asked.cards(bucket="open", stage=one.stage_id) if many else None)


def _rows(one: Any, asked: Asked) -> list[list[Cell]]:
    """The sums of a stage by currency; the cards and their ages with the first of them."""
    standing = one.standing
    found = []
    for at, each in enumerate(standing.sums or [None]):
        row = [Cell(one.name), _cards(one, asked) if not at else Cell()]
        row += [
            Cell() if each is None else Cell(getattr(each, name), unit=each.currency)
            for name in ("amount", "weighted")
        ]
        row.append(Cell("" if each is None else each.currency))
        row += [
            Cell(value if not at else None)
            for value in (standing.median_age_days, standing.p80_age_days)
        ]
        found.append(row)
    return found
