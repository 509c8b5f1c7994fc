"""What the sweeps to come will bring into work, and what they would bring on a wrong day."""

from collections import defaultdict
from datetime import date, timedelta

from msgspec import structs
from sqlalchemy import ColumnElement, and_, or_, select

from backend.db.models import agreement, card, company, pipeline, product, renewal
from backend.db.session import Row, Unit
from backend.domain.access import Viewer
from backend.domain.cards import queries as cards
from backend.domain.renewals.queries import LEADS, leads, waiting_with_leads
from backend.domain.renewals.rules import activation, comes_on, reached, week_of
from backend.domain.renewals.schemas import Preview, PreviewDay, PreviewFilters, PreviewWeek
from backend.errors import pointed


async def preview(tx: Unit, viewer: Viewer, filters: PreviewFilters) -> Preview:
    """What the sweeps of a span of days will bring, as far as the viewer may see it.

    With a lead time: as if the pipelines' default were this one, beside the load as it is.
    """
    today = viewer.company.today(tx.now)
    first = filters.from_ or today
    last = filters.to or first + timedelta(days=30)
    if last < first:
        raise pointed("`to` lies before `from`", "/to")
    days: dict[tuple[date, int], list[int]] = defaultdict(list)
    weeks: dict[tuple[date, int], list[int]] = defaultdict(lambda: [0, 0])
    begins = await tx.scalar(select(company.c.week_start))
    for row in await _waiting(tx, viewer, last, filters.lead_time):
        for place, activates in enumerate((_tried(row, filters.lead_time), row["activates_on"])):
            day = comes_on(activates, today)
            if not first <= day <= last:
                continue
            weeks[week_of(day, begins), row["owner_id"]][place] += 1
            if place == 0:
                days[day, row["owner_id"]].append(row["id"])
    return Preview(
        [PreviewDay(day, owner, len(ids), ids) for (day, owner), ids in sorted(days.items())],
        [PreviewWeek(*key, *counts) for key, counts in sorted(weeks.items())],
        sum(map(len, days.values())),
    )


def _tried(row: Row, lead_time: str | None) -> date:
    """When a renewal would come under another default lead time."""
    if lead_time is None:
        found: date = row["activates_on"]
        return found
    return activation(row["renewal_date"], structs.replace(leads(row), pipeline=lead_time)).on


def _by_then(last: date, lead_time: str | None) -> ColumnElement[bool]:
    """What comes by a day as it is, and all that might under another default lead time.

    A notice period or a lead time of their own bring them on the same day under any default.
    """
    due = renewal.c.activates_on <= last
    if lead_time is None:
        return due
    own = (renewal.c.lead_time, agreement.c.lead_time, product.c.lead_time)
    near = or_(renewal.c.renewal_date <= reached(last, lead_time), renewal.c.spread_days > 0)
    return or_(due, and_(*(lead.is_(None) for lead in own), near))


async def _waiting(tx: Unit, viewer: Viewer, last: date, lead_time: str | None) -> list[Row]:
    """The waiting renewals that a sweep might take by a day, with their lead times."""
    query = (
        select(
            card.c.id,
            card.c.owner_id,
            renewal.c.renewal_date,
            renewal.c.activates_on,
            renewal.c.lead_time,
            renewal.c.spread_days,
            *LEADS,
        )
        .join(renewal, renewal.c.card_id == card.c.id)
        .join(agreement, agreement.c.id == renewal.c.agreement_id)
        .join(pipeline, pipeline.c.id == agreement.c.pipeline_id)
        .outerjoin(product, product.c.id == agreement.c.product_id)
        .where(cards.seen(viewer, "renewal"), renewal.c.waiting, renewal.c.review_since.is_(None))
        .where(_by_then(last, lead_time))
        .order_by(card.c.id)
    )
    return await tx.rows(query)


async def astray(tx: Unit) -> list[int]:
    """The agreements whose waiting renewal has another day than its lead time gives."""
    return [
        row["agreement_id"]
        for row in await tx.rows(waiting_with_leads().order_by(renewal.c.card_id))
        if activation(row["renewal_date"], leads(row)).on != row["activates_on"]
    ]
