"""Reading how long sales take, and what they bring in a day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import structs

from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.funnels import rules
from backend.domain.funnels.closings.queries import Closing, closings
from backend.domain.funnels.cycle.rules import pace
from backend.domain.funnels.cycle.schemas import (
    CycleFilters,
    CycleReport,
    CycleTime,
    Velocity,
    VelocityFilters,
)
from backend.domain.funnels.members.queries import members
from backend.domain.funnels.schemas import FunnelFilters, ReportFilters
from backend.domain.funnels.selection import queries as selection
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
    found = await closings(tx, viewer, filters, home, as_of)
    won = [one for one in found if one.state == "won"]
    names = await selection.names(tx, {one.owner_id for one in won})
    groups: dict[Any, list[Closing]] = defaultdict(list)
    for one in won:
        month = viewer.company.today(one.at).isoformat()[:7]
        groups[month if filters.group_by == "month" else one.owner_id].append(one)
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
    )  # fmt: skip


def _times(won: Sequence[Closing]) -> dict[str, Any]:
    seconds = [one.seconds for one in won]
    return {
        "cards": len(won), "median_days": rules.days(rules.percentile(seconds, 0.5)),
        "p80_days": rules.days(rules.percentile(seconds, 0.8)),
        "mean_days": rules.days(rules.mean(seconds)),
    }  # fmt: skip


async def velocity(tx: Unit, viewer: Viewer, filters: VelocityFilters) -> Velocity:
    """What open cards bring a day, as closings of the period let expect."""
    home = await selection.home_of(tx, viewer, filters.pipeline)
    as_of = selection.instant_of(tx, viewer, filters)
    currency = filters.currency or viewer.company.currency
    money.digits(currency)
    standing = await _open(tx, viewer, filters, home, as_of, currency)
    filters = trailing(viewer, filters, as_of)
    voids = await selection.voids(tx, home.id)
    found = await closings(tx, viewer, filters, home, as_of)
    own = [one for one in found if one.currency == currency and one.reason_id not in voids]
    won = [one for one in own if one.state == "won"]
    lost = len(own) - len(won)
    went = pace(standing, lost, [one.amount or 0 for one in won], [one.seconds for one in won])
    return Velocity(
        pipeline=home.key, currency=currency, start=filters.start, end=filters.end, as_of=as_of,
        scope=viewer.reads,
        open_cards=standing, won=len(won), lost=lost, win_rate=rules.ratio(len(won), len(own)),
        average_won=money.text(went.average_won, currency), cycle_days=rules.days(went.cycle),
        per_day=money.text(went.per_day, currency),
    )  # fmt: skip


async def _open(
    tx: Unit, viewer: Viewer, filters: ReportFilters, home: Pipeline, as_of: datetime, currency: str
) -> int:
    """How many cards in a currency stand in the pipeline, whenever they entered it."""
    told = {name: getattr(filters, name) for name in ReportFilters.__struct_fields__}
    asked = FunnelFilters(**{**told, "start": None, "end": None}, basis="snapshot")
    return sum(one.currency == currency for one in await members(tx, viewer, asked, home, as_of))
