"""What every report begins with: its pipeline, its instant, and the cards that it is over."""

from datetime import UTC, datetime
from typing import Any, TypeVar

from msgspec import structs
from sqlalchemy import ColumnElement, or_, select

from backend.db.models import agreement, app_user, card, deal_line, offer_line, pipeline, renewal
from backend.db.models import reason as reasons
from backend.db.session import Unit
from backend.domain.access import Viewer, sees_card, sees_pipeline
from backend.domain.funnels import rules
from backend.domain.funnels.schemas import ComparedFilters, ReportFilters, SeveralOwners
from backend.domain.pipelines import queries as pipelines
from backend.domain.stages import CLOSED
from backend.domain.texts import as_id
from backend.errors import BadRequest, NotFound

F = TypeVar("F", bound=ComparedFilters)


async def home_of(tx: Unit, viewer: Viewer, given: int | str | None) -> pipelines.Pipeline:
    """The pipeline that a report is about; the first one for deals if it names none."""
    if given is None:
        return await pipelines.choose(tx, viewer, "deal", None)
    number = as_id(given)
    named = pipeline.c.key == given if number is None else pipeline.c.id == number
    seen = sees_pipeline(viewer, pipeline.c.id)
    number = await tx.scalar(select(pipeline.c.id).where(named, seen))
    if number is None:
        raise NotFound("There is no such pipeline")
    return await pipelines.load(tx, number, viewer.company.locale)


def instant_of(tx: Unit, viewer: Viewer, filters: ReportFilters) -> datetime:
    """The instant a report tells of: the end of its day at the company, now at the latest."""
    if filters.as_of is None:
        return tx.now
    return min(tx.now, viewer.company.end(filters.as_of).astimezone(UTC))


def before(filters: F) -> F:
    """The same of the period just before, and no other; BadRequest where there is none."""
    if filters.start is None or filters.end is None:
        raise BadRequest("Only a report with `from` and `to` has a period before it")
    found = rules.before(filters.start, filters.end)
    if found is None:
        raise BadRequest("The calendar does not reach back to a period before this one")
    return structs.replace(filters, start=found[0], end=found[1], compare=None)


def within(viewer: Viewer, filters: ReportFilters, column: ColumnElement[Any]) -> list[Any]:
    """That an instant lies in the period of a report."""
    parts = []
    if filters.start is not None:
        parts.append(column >= viewer.company.midnight(filters.start))
    if filters.end is not None:
        parts.append(column < viewer.company.end(filters.end))
    return parts


def falls(viewer: Viewer, filters: ReportFilters, at: datetime) -> bool:
    """The same of an instant that was read already."""
    company = viewer.company
    late = filters.end is not None and at >= company.end(filters.end)
    return not late and (filters.start is None or at >= company.midnight(filters.start))


def about(viewer: Viewer, filters: ReportFilters) -> list[ColumnElement[bool]]:
    """What the cards of a report have in common; nothing where it is over all there are."""
    parts = [] if viewer.sees_everything else [sees_card(viewer)]
    if filters.owner_id is not None:
        parts.append(card.c.owner_id == filters.owner_id)
    if isinstance(filters, SeveralOwners) and filters.owners:
        parts.append(card.c.owner_id.in_(filters.owners))
    if filters.team_id is not None:
        mates = select(app_user.c.id).where(app_user.c.team_id == filters.team_id)
        parts.append(card.c.owner_id.in_(mates))
    if filters.source is not None:
        parts.append(card.c.source == filters.source)
    if filters.product_id is not None:
        parts.append(_with_product(filters.product_id))
    return parts


def _with_product(product_id: int) -> ColumnElement[bool]:
    agreed = select(renewal.c.card_id).join(agreement, agreement.c.id == renewal.c.agreement_id)
    return or_(
        card.c.id.in_(select(deal_line.c.deal_id).where(deal_line.c.product_id == product_id)),
        card.c.id.in_(select(offer_line.c.offer_id).where(offer_line.c.product_id == product_id)),
        card.c.id.in_(agreed.where(agreement.c.product_id == product_id)),
    )


def gone() -> Any:
    """The cards that count no more: deleted while they were open."""
    return select(card.c.id).where(card.c.deleted_at.is_not(None), card.c.state.not_in(CLOSED))


def counted() -> ColumnElement[bool]:
    """That a card counts: it is there, or was closed before it was deleted."""
    return or_(card.c.deleted_at.is_(None), card.c.state.in_(CLOSED))


async def voids(tx: Unit, pipeline_id: int | None) -> set[int]:
    """The reasons of a pipeline, or of all, that say that a card should never have been."""
    query = select(reasons.c.id).where(reasons.c.group == "void")
    if pipeline_id is not None:
        query = query.where(reasons.c.pipeline_id == pipeline_id)
    return set((await tx.run(query)).scalars())


async def names(tx: Unit, user_ids: set[int]) -> dict[Any, str]:
    """What users are called."""
    query = select(app_user.c.id, app_user.c.name).where(app_user.c.id.in_(user_ids))
    return {row.id: row.name for row in await tx.run(query)}
