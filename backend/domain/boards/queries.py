"""Reading boards: a whole one, the next cards of a column, what changed on it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, func, literal, select, union_all
from sqlalchemy import cast as as_type

from backend.db.models import app_user, card, stage
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer, owned
from backend.domain.boards.cards import queries as board_cards
from backend.domain.boards.lanes import queries as lanes
from backend.domain.boards.lanes.queries import Layout, Place
from backend.domain.boards.schemas import (
    Board,
    BoardFilters,
    CardPage,
    Column,
    Head,
    Owner,
    Patch,
    Placed,
    Sum,
)
from backend.domain.money import divide
from backend.domain.pipelines.schemas import PipelineFilters, PipelineOut
from backend.domain.pipelines.shown import queries as pipelines
from backend.errors import NotFound

WORKED_ON = ("open", "detour", "date")
Money = tuple[str, int, int, int]  # currency, cards, their amounts, those times per cents


async def board(
    tx: Unit, viewer: Viewer, kind: str, filters: BoardFilters, most: int = board_cards.SIZE
) -> Board:
    """A board with the first cards of every column: as many statements however many cards."""
    known, here = await _homes(tx, viewer, kind, filters)
    layout = await lanes.layout(tx, viewer, here, filters)
    counted = await _counted(tx, layout)
    firsts = await board_cards.first(tx, viewer, layout, filters, most)
    columns = [
        Column(
            lane=place.lane, head=_head(viewer, place.lane.key, sums), cards=cards,
            next_cursor=cursor,
        )
        for place, sums, (cards, cursor) in zip(layout.places, counted, firsts, strict=True)
    ]  # fmt: skip
    return Board(
        kind=kind, pipeline=here, pipelines=known, columns=columns,  # type: ignore[arg-type]
        total=_total(viewer, layout, counted), owners=await _owners(tx, viewer),
        can_open_store=lanes.may_open_store(viewer, here),
    )  # fmt: skip


async def home(tx: Unit, viewer: Viewer, kind: str, filters: BoardFilters) -> PipelineOut:
    """The pipeline that a board shows; NotFound."""
    return (await _homes(tx, viewer, kind, filters))[1]


async def column(
    tx: Unit, viewer: Viewer, kind: str, filters: BoardFilters, key: str, cursor: str
) -> CardPage:
    """The next cards of a column; NotFound where the board has no such column."""
    here = await home(tx, viewer, kind, filters)
    layout = await lanes.layout(tx, viewer, here, filters)
    place = layout.place(key)
    if place is None:
        raise NotFound("There is no such column on this board")
    cards, following = await board_cards.after(tx, viewer, layout, filters, place, cursor)
    return CardPage(lane=place.lane, cards=cards, next_cursor=following)


async def patch(
    tx: Unit, viewer: Viewer, kind: str, filters: BoardFilters, ids: Sequence[int]
) -> Patch:
    """Where some cards stand now on the viewer's board, which are not on it, and all heads."""
    here = await home(tx, viewer, kind, filters)
    layout = await lanes.layout(tx, viewer, here, filters)
    found = [
        Placed(card=one, after_id=behind)
        for one, behind in await board_cards.some(tx, viewer, layout, ids)
    ]
    there = {placed.card.id for placed in found}
    counted = await _counted(tx, layout)
    heads = [
        _head(viewer, place.lane.key, sums)
        for place, sums in zip(layout.places, counted, strict=True)
    ]
    return Patch(
        cards=found, gone=[i for i in ids if i not in there], heads=heads,
        total=_total(viewer, layout, counted),
    )  # fmt: skip


async def _homes(
    tx: Unit, viewer: Viewer, kind: str, filters: BoardFilters
) -> tuple[list[PipelineOut], PipelineOut]:
    """The active pipelines of a kind, and the one that is asked for; NotFound."""
    asked = PipelineFilters(kind=kind, active=True, sort="position", limit=200)  # type: ignore[arg-type]
    known = (await pipelines.page(tx, viewer, asked)).items
    wanted = str(filters.pipeline)
    for one in known:
        if filters.pipeline is None or wanted in (one.key, str(one.id)):
            return known, one
    raise NotFound("There is no such pipeline")


async def _owners(tx: Unit, viewer: Viewer) -> list[Owner]:
    """The active people whose cards the viewer's reading covers, by name."""
    query = (
        select(app_user.c.id, app_user.c.name)
        .where(app_user.c.active, owned(viewer, app_user.c.id))
        .order_by(app_user.c.name, app_user.c.id)
    )
    return [Owner(*row) for row in await tx.run(query)]


async def _counted(tx: Unit, layout: Layout) -> list[list[Money]]:
    """What every column holds in each currency, in one statement."""
    if not layout.places:
        return []
    parts = [_sums(layout, place, index) for index, place in enumerate(layout.places)]
    found: dict[int, list[Money]] = defaultdict(list)
    for index, currency, count, amount, weighted in await tx.run(union_all(*parts)):
        found[index].append((currency, count, int(amount), int(weighted)))
    return [sorted(found[index]) for index in range(len(layout.places))]


def _sums(layout: Layout, place: Place, index: int) -> Any:
    amount = func.coalesce(card.c.amount, 0)
    weighted = func.sum(as_type(amount, BigInteger) * _probability(place))
    counted = (literal(index), card.c.currency, func.count(), func.sum(amount), weighted)
    return layout.select(*counted).where(place.where).group_by(card.c.currency)


def _probability(place: Place) -> Any:
    """The chance that counts for a card; a column of one stage need not look its stage up."""
    if place.lane.stage is not None:
        return func.coalesce(card.c.probability, literal(place.lane.stage.probability))
    own = select(stage.c.probability).where(stage.c.id == card.c.stage_id).scalar_subquery()
    return func.coalesce(card.c.probability, own)


def _total(viewer: Viewer, layout: Layout, counted: list[list[Money]]) -> Head:
    """What is being worked on, in all columns together."""
    return _head(
        viewer,
        "total",
        (
            one
            for place, found in zip(layout.places, counted, strict=True)
            if place.lane.kind in WORKED_ON
            for one in found
        ),
    )


def _head(viewer: Viewer, key: str, found: Iterable[Money]) -> Head:
    """What is counted together; the company's own currency first."""
    count, sums = 0, defaultdict[str, list[int]](lambda: [0, 0])
    for currency, cards, amount, weighted in found:
        count += cards
        sums[currency][0] += amount
        sums[currency][1] += weighted
    own = viewer.company.currency
    return Head(
        key=key,
        count=count,
        sums=[
            Sum(
                currency=currency,
                amount=money.text(amount, currency) or "",
                forecast=money.text(divide(weighted, 100), currency) or "",
            )
            for currency, (amount, weighted) in sorted(
                sums.items(), key=lambda one: (one[0] != own, one[0])
            )
            if amount
        ],
    )
