"""Reading why cards were lost: by whom, from where, when; and what choosing a reason would mean."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import structs
from sqlalchemy import select

from backend.db.models import pipeline, reason
from backend.db.session import Row, Unit
from backend.domain.access import Viewer
from backend.domain.funnels import rules
from backend.domain.funnels.closings.queries import Closing, closings
from backend.domain.funnels.reasons import rules as shares
from backend.domain.funnels.reasons.rules import Outcome
from backend.domain.funnels.reasons.schemas import (
    ReasonCardFilters,
    ReasonReport,
    ReasonReportFilters,
    ReasonShare,
)
from backend.domain.funnels.reasons.streaks import queries as streaks
from backend.domain.funnels.selection import queries as selection
from backend.domain.money import unscaled
from backend.domain.pipelines.queries import Pipeline
from backend.errors import BadRequest


async def reasons(tx: Unit, viewer: Viewer, filters: ReasonReportFilters) -> ReasonReport:
    """Reasons among all that was closed, or sent, in a period."""
    former = None
    if filters.compare is not None:
        former = await reasons(tx, viewer, selection.before(filters))
    ended = await _ended(tx, viewer, filters)
    items = await _items(tx, viewer, filters, ended)
    now = ended.as_of == tx.now
    return ReasonReport(
        pipeline=ended.home.key, group_by=filters.group_by, basis=filters.basis,
        start=filters.start, end=filters.end, as_of=ended.as_of, scope=viewer.reads,
        **{name: len(ended.by(name)) for name in ("closed", "won", "lost", "void")}, items=items,
        alerts=_over(items),
        streaks=await streaks.streaks(tx, viewer, filters) if now else [],
        previous=former,
    )  # fmt: skip


async def alerts(tx: Unit, viewer: Viewer, filters: ReasonReportFilters) -> list[ReasonShare]:
    """The alerts of the same report alone."""
    return _over(await _items(tx, viewer, filters, await _ended(tx, viewer, filters)))


def _over(items: list[ReasonShare]) -> list[ReasonShare]:
    return [one for one in items if one.over_limit]


async def from_stages(tx: Unit, viewer: Viewer, filters: ReasonReportFilters) -> list[ReasonShare]:
    """The items of the same report grouped by the stage that cards were lost from."""
    by_stage = structs.replace(filters, group_by="stage")
    return await _items(tx, viewer, by_stage, await _ended(tx, viewer, by_stage))


async def card_ids(tx: Unit, viewer: Viewer, filters: ReasonCardFilters) -> list[int]:
    """The cards that a number of the report counts."""
    ended = await _ended(tx, viewer, filters)
    wanted = {"reason_id": filters.reason_id, "lost_from_stage_id": filters.stage}
    return [
        one.card_id
        for one in ended.by(filters.outcome)
        if all(value in (None, getattr(one, name)) for name, value in wanted.items())
        and filters.month in (None, _group(viewer, "month", one))
    ]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a report is made of: every closing of its period, and the reasons of its pipeline."""

    home: Pipeline
    as_of: datetime
    found: list[Closing]
    known: dict[int, Row]

    def by(self, outcome: str) -> list[Closing]:
        """Those that ended so; what was closed for a reason of the group `void` is only that."""
        voids = {number for number, row in self.known.items() if row["group"] == "void"}
        if outcome == "void":
            return [one for one in self.found if one.reason_id in voids]
        kept = [one for one in self.found if one.reason_id not in voids]
        return kept if outcome == "closed" else [one for one in kept if one.state == outcome]


async def _ended(tx: Unit, viewer: Viewer, filters: ReasonReportFilters) -> Ended:
    home = await home_of(tx, viewer, filters.pipeline)
    sent = filters.basis == "sent"
    if sent and home.kind != "offer":
        raise BadRequest("Only offers are sent: ask for basis=closed, or for the offers' pipeline")
    as_of = selection.instant_of(tx, viewer, filters)
    found = await closings(tx, viewer, filters, home, as_of, sent=sent)
    return Ended(home, as_of, found, await _known(tx, home.id))


async def home_of(tx: Unit, viewer: Viewer, given: int | str | None) -> Pipeline:
    """The pipeline of a report about reasons: the offers' if none is named."""
    if given is None:
        query = select(pipeline.c.id).where(pipeline.c.kind == "offer")
        given = await tx.scalar(query)
    return await selection.home_of(tx, viewer, given)


async def _known(tx: Unit, pipeline_id: int) -> dict[int, Row]:
    query = select(reason).where(reason.c.pipeline_id == pipeline_id, reason.c.use == "lost")
    return {row["id"]: row for row in await tx.rows(query)}


async def _items(
    tx: Unit, viewer: Viewer, filters: ReasonReportFilters, ended: Ended
) -> list[ReasonShare]:
    locale, by, kept = viewer.company.locale, filters.group_by, ended.by("closed")
    grouped = [Outcome(_group(viewer, by, one), one.reason_id) for one in kept]
    overall = {
        one.reason_id: rules.ratio(one.count, one.closed)
        for one in shares.shares([Outcome(None, one.reason_id) for one in kept], True)
    }
    names = await selection.names(tx, {one.owner_id for one in kept}) if by == "owner" else {}
    found = []
    for one in shares.shares(grouped, by == "stage"):
        row = ended.known[one.reason_id]
        place = (
            ended.home.stage(one.group) if by == "stage" and isinstance(one.group, int) else None
        )
        found.append(
            ReasonShare(
                owner_id=one.group if by == "owner" else None,
                owner_name=names.get(one.group),
                stage_id=one.group if by == "stage" else None,
                stage_key=None if place is None else place.key,
                stage_name=None if place is None else place.name,
                month=one.group if by == "month" else None,
                reason_id=one.reason_id, reason_key=row["key"], reason_name=row[f"name_{locale}"],
                count=one.count, closed=one.closed, share=rules.ratio(one.count, one.closed),
                overall_share=overall[one.reason_id], limit_percent=percent(row),
                over_limit=shares.is_over(one.count, one.closed, row["limit_percent"]),
            )
        )  # fmt: skip
    return sorted(found, key=_order)


def _order(one: ReasonShare) -> tuple[Any, ...]:
    group = (one.month or "", one.owner_name or "", one.owner_id or 0, one.stage_id or 0)
    return *group, -one.count, one.reason_id


def percent(row: Row) -> str | None:
    """The limit of a reason as the outside sees it."""
    limit = row["limit_percent"]
    return None if limit is None else unscaled(limit, 2)


def _group(viewer: Viewer, by: str, one: Closing) -> Any:
    if by == "month":
        return viewer.company.today(one.at).isoformat()[:7]
    return one.owner_id if by == "owner" else one.lost_from_stage_id
