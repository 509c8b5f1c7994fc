"""Reading what will come in: open cards by the month in which they are expected to close."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, null, select

from backend.db.models import card, deal, offer, renewal, stage
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.funnels.closings.queries import Closing, closings
from backend.domain.funnels.outlook.schemas import (
    Expected,
    Forecast,
    ForecastCardFilters,
    ForecastFilters,
    Takings,
    Won,
)
from backend.domain.funnels.selection import queries as selection
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import State
from backend.errors import BadRequest

_FORMER = card.alias("former")


class Line(NamedTuple):
    """A card that is expected to close, and when."""

    card_id: int
    on: date | None
    state: str
    currency: str
    amount: int | None
    chance: int

    @property
    def month(self) -> str:
        return "" if self.on is None else self.on.isoformat()[:7]


async def forecast(tx: Unit, viewer: Viewer, filters: ForecastFilters) -> Forecast:
    """The forecast as of now: what was expected on an earlier day is not kept."""
    home, lines = await _lines(tx, viewer, filters)
    today = viewer.company.today(tx.now)
    so_far = before = None
    if filters.compare is not None:
        before = await _takings(tx, viewer, selection.before(filters), home)
        so_far = await _takings(tx, viewer, filters, home)
    return Forecast(
        pipeline=home.key, start=filters.start, end=filters.end, as_of=tx.now,
        scope=viewer.reads, items=_by_month(lines, today), won=so_far, previous=before,
    )  # fmt: skip


async def _takings(tx: Unit, viewer: Viewer, filters: ForecastFilters, home: Pipeline) -> Takings:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in await _won(tx, viewer, filters, home):
        sums[one.currency][0] += 1
        sums[one.currency][1] += one.amount or 0
    return Takings(
        start=filters.start, end=filters.end,
        items=[
            Won(currency=currency, cards=cards, amount=money.text(amount, currency) or "")
            for currency, (cards, amount) in sorted(sums.items())
        ],
    )  # fmt: skip


async def _won(tx: Unit, viewer: Viewer, filters: ForecastFilters, home: Pipeline) -> list[Closing]:
    found = await closings(tx, viewer, filters, home, tx.now)
    return [one for one in found if one.state == State.WON]


async def card_ids(tx: Unit, viewer: Viewer, filters: ForecastCardFilters) -> list[int]:
    """The cards that a number of the forecast counts."""
    if filters.which == "won":
        home = await selection.home_of(tx, viewer, filters.pipeline)
        won = await _won(tx, viewer, filters, home)
        return [one.card_id for one in won if filters.currency in (None, one.currency)]
    _, lines = await _lines(tx, viewer, filters)
    return [
        one.card_id
        for one in lines
        if filters.month in (None, one.month or "none")
        and filters.currency in (None, one.currency)
        and one.state == filters.which
    ]


async def _lines(tx: Unit, viewer: Viewer, filters: ForecastFilters) -> tuple[Pipeline, list[Line]]:
    if filters.as_of is not None and viewer.company.end(filters.as_of) <= tx.now:
        raise BadRequest("A forecast looks ahead from today: leave `as_of` out")
    home = await selection.home_of(tx, viewer, filters.pipeline)
    query = _expected(home.kind).where(
        card.c.pipeline_id == home.id, card.c.state.in_(("open", "waiting")),
        card.c.deleted_at.is_(None), *selection.about(viewer, filters),
    )  # fmt: skip
    lines = [Line(*row) for row in await tx.run(query)]
    return home, [one for one in lines if _within(filters, one.on)]


def _expected(kind: str) -> Select[Any]:
    """The lines of cards of a kind."""
    chance = func.coalesce(card.c.probability, stage.c.probability)
    on: ColumnElement[Any] = null()
    amount: ColumnElement[Any] = card.c.amount
    if kind == "deal":
        on = deal.c.expected_close_on
    elif kind == "offer":
        on = offer.c.valid_until
    elif kind == "renewal":
        on, amount = renewal.c.renewal_date, func.coalesce(_FORMER.c.amount, card.c.amount)
    query = select(card.c.id, on, card.c.state, card.c.currency, amount, chance).select_from(card)
    query = query.join(stage, stage.c.id == card.c.stage_id)
    if kind == "deal":
        return query.join(deal, deal.c.card_id == card.c.id)
    if kind == "offer":
        return query.join(offer, offer.c.card_id == card.c.id)
    if kind == "renewal":
        # What the last term brought in another currency says nothing of this one.
        last = and_(_FORMER.c.id == renewal.c.previous_id, _FORMER.c.currency == card.c.currency)
        return query.join(renewal, renewal.c.card_id == card.c.id).outerjoin(_FORMER, last)
    return query


def _within(filters: ForecastFilters, on: date | None) -> bool:
    if on is None:
        return filters.start is None and filters.end is None
    early = filters.start is not None and on < filters.start
    return not early and (filters.end is None or on <= filters.end)


def _by_month(lines: Iterable[Line], today: date) -> list[Expected]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 5)
    for one in lines:
        total, amount = groups[one.month, one.currency], one.amount or 0
        if one.state == "waiting":
            total[3] += 1
            total[4] += amount
        else:
            total[0] += 1
            total[1] += amount
            total[2] += amount * one.chance
    return [
        Expected(
            month=month or None, currency=currency, cards=cards,
            amount=money.text(amount, currency) or "",
            weighted=money.text(money.divide(weighted, 100), currency) or "",
            waiting_cards=waiting, waiting_amount=money.text(later, currency) or "",
            overdue=bool(month) and month < today.isoformat()[:7],
        )
        for (month, currency), (cards, amount, weighted, waiting, later) in sorted(groups.items())
    ]  # fmt: skip
