"""Reading how long sales take, and what they bring in a day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import structs
from sqlalchemy import select

from backend.db.models import card, stage
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.cards.queries import goes_stale
from backend.domain.funnels import rules
from backend.domain.funnels.closings.queries import Closing, closings
from backend.domain.funnels.cycle.rules import pace
from backend.domain.funnels.cycle.schemas import (
    CycleCardFilters,
    CycleFilters,
    CycleReport,
    CycleTime,
    Pace,
    Velocity,
    VelocityCardFilters,
    VelocityFilters,
)
from backend.domain.funnels.schemas import FunnelFilters, ReportFilters
from backend.domain.funnels.selection import queries as selection
from backend.domain.funnels.standing import queries as standing
from backend.domain.pipelines.queries import Pipeline

WINDOW = timedelta(days=180)


def trailing(viewer: Viewer, filters: Any, as_of: datetime) -> Any:
    """The same filters, with the last 180 days where no day is given."""
    if filters.start is not None or filters.end is not None:
        return filters
    last = viewer.company.today(as_of - timedelta(microseconds=1))
    return structs.replace(filters, start=last - WINDOW + timedelta(days=1), end=last)


async def cycle_time(tx: Unit, viewer: Viewer, filters: CycleFilters) -> CycleReport:
    """From entering to winning, of the cards won in the period."""
    home = await selection.home_of(tx, viewer, filters.pipeline)
    as_of = selection.instant_of(tx, viewer, filters)
    filters = trailing(viewer, filters, as_of)
    former = None
    if filters.compare is not None:
        former = await cycle_time(tx, viewer, selection.before(filters))
    found = await closings(tx, viewer, filters, home, as_of)
    won = [one for one in found if one.state == "won"]
    names = await selection.names(tx, {one.owner_id for one in won})
    groups: dict[Any, list[Closing]] = defaultdict(list)
    for one in won:
        groups[_month(viewer, one) if filters.group_by == "month" else one.owner_id].append(one)
    return CycleReport(
        pipeline=home.key, group_by=filters.group_by, start=filters.start, end=filters.end,
        as_of=as_of, scope=viewer.reads,
        **_times(won),
        items=[
            CycleTime(
                month=key if filters.group_by == "month" else None,
                owner_id=key if filters.group_by == "owner" else None,
                owner_name=names.get(key), **_times(own),
            )
            for key, own in sorted(groups.items())
        ],
        previous=former,
    )  # fmt: skip


async def cycle_card_ids(tx: Unit, viewer: Viewer, filters: CycleCardFilters) -> list[int]:
    """The won cards whose cycles a number is made of."""
    home = await selection.home_of(tx, viewer, filters.pipeline)
    as_of = selection.instant_of(tx, viewer, filters)
    found = await closings(tx, viewer, trailing(viewer, filters, as_of), home, as_of)
    return [
        one.card_id
        for one in found
        if one.state == "won" and filters.month in (None, _month(viewer, one))
    ]


def _month(viewer: Viewer, one: Closing) -> str:
    return viewer.company.today(one.at).isoformat()[:7]


def _times(won: Sequence[Closing]) -> dict[str, Any]:
    seconds = [one.seconds for one in won]
    return {
        "cards": len(won), "median_days": rules.days(rules.percentile(seconds, 0.5)),
        "p80_days": rules.days(rules.percentile(seconds, 0.8)),
        "mean_days": rules.days(rules.mean(seconds)),
    }  # fmt: skip


async def velocity(tx: Unit, viewer: Viewer, filters: VelocityFilters) -> Velocity:
    """What open cards bring a day, as closings of the period let expect."""
    filters = trailing(viewer, filters, selection.instant_of(tx, viewer, filters))
    former = None
    if filters.compare is not None:
        former = await _pace(tx, viewer, selection.before(filters))
    now = await _pace(tx, viewer, filters)
    stale = adjusted = None
    if now.as_of == tx.now:
        stale = len(await _stale(tx, viewer, filters, now.currency))
        adjusted = rules.ratio(now.won, now.won + now.lost + stale)
    return Velocity(
        **structs.asdict(now), stale=stale, stale_adjusted_win_rate=adjusted, previous=former
    )


async def _pace(tx: Unit, viewer: Viewer, filters: VelocityFilters) -> Pace:
    home = await selection.home_of(tx, viewer, filters.pipeline)
    as_of = selection.instant_of(tx, viewer, filters)
    currency = filters.currency or viewer.company.currency
    standing = len(await _open(tx, viewer, filters, home, as_of, currency))
    own = await _closed(tx, viewer, filters, home, as_of, currency)
    won = [one for one in own if one.state == "won"]
    lost = len(own) - len(won)
    earned, of = (sum(one.amount or 0 for one in some) for some in (won, own))
    went = pace(standing, lost, [one.amount or 0 for one in won], [one.seconds for one in won])
    return Pace(
        pipeline=home.key, currency=currency, start=filters.start, end=filters.end, as_of=as_of,
        scope=viewer.reads,
        open_cards=standing, won=len(won), lost=lost, win_rate=rules.ratio(len(won), len(own)),
        win_rate_by_amount=rules.ratio(earned, of),
        average_won=money.text(went.average_won, currency), cycle_days=rules.days(went.cycle),
        per_day=money.text(went.per_day, currency),
    )  # fmt: skip


async def velocity_card_ids(tx: Unit, viewer: Viewer, filters: VelocityCardFilters) -> list[int]:
    """The cards of one of the factors."""
    home = await selection.home_of(tx, viewer, filters.pipeline)
    as_of = selection.instant_of(tx, viewer, filters)
    currency = filters.currency or viewer.company.currency
    if filters.outcome == "stale":
        return await _stale(tx, viewer, filters, currency) if as_of == tx.now else []
    found: list[int] = []
    if filters.outcome in ("open", "all"):
        found += await _open(tx, viewer, filters, home, as_of, currency)
    if filters.outcome != "open":
        filters = trailing(viewer, filters, as_of)
        own = await _closed(tx, viewer, filters, home, as_of, currency)
        any_of_them = filters.outcome in ("closed", "all")
        found += [one.card_id for one in own if any_of_them or one.state == filters.outcome]
    return found


async def _closed(
    tx: Unit, viewer: Viewer, filters: ReportFilters, home: Pipeline, as_of: datetime, currency: str
) -> list[Closing]:
    """The closings in a currency that a win rate counts."""
    voids = await selection.voids(tx, home.id)
    found = await closings(tx, viewer, filters, home, as_of)
    return [one for one in found if one.currency == currency and one.reason_id not in voids]


async def _open(
    tx: Unit, viewer: Viewer, filters: ReportFilters, home: Pipeline, as_of: datetime, currency: str
) -> list[int]:
    """The cards in a currency that stand in the pipeline, whenever they entered it."""
    money.digits(currency)
    told = {name: getattr(filters, name) for name in ReportFilters.__struct_fields__}
    asked = FunnelFilters(**{**told, "start": None, "end": None}, basis="snapshot")
    return await standing.card_ids(tx, viewer, asked, home, as_of, currency=currency)


async def _stale(tx: Unit, viewer: Viewer, filters: ReportFilters, currency: str) -> list[int]:
    """Those of the open cards that have gone stale."""
    home = await selection.home_of(tx, viewer, filters.pipeline)
    query = (
        select(card.c.id)
        .join(stage, stage.c.id == card.c.stage_id)
        .where(
            card.c.pipeline_id == home.id, card.c.currency == currency, goes_stale(tx.now),
            card.c.deleted_at.is_(None), *selection.about(viewer, filters),
        )
    )  # fmt: skip
    return list((await tx.run(query)).scalars())
