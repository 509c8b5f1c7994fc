"""Reading renewals."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import Select, and_, select

from backend.db.models import agreement, card, churn_interval, client, pipeline, product, renewal
from backend.db.page import SortKey, fetch
from backend.db.session import Row, Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.cards import queries as cards
from backend.domain.cards.lists import queries as lists
from backend.domain.consumption import RunOut
from backend.domain.renewals.rules import Leads, activation
from backend.domain.renewals.schemas import (
    Renewal,
    RenewalFilters,
    RenewalRow,
    Renewals,
)
from backend.errors import NotFound

SPECIAL = (
    "agreement_id", "cycle", "renewal_date", "original_renewal_date", "slips", "activates_on",
    "activated_at", "previous_id", "date_source", "review_since", "parked_at", "last_error",
)  # fmt: skip
SORTS = {**cards.SORTS, "renewal_date": SortKey(renewal.c.renewal_date, date)}

_after = renewal.alias("following")
_NEXT = (
    select(_after.c.card_id)
    .where(_after.c.previous_id == renewal.c.card_id, _after.c.withdrawn_at.is_(None))
    .limit(1)
    .scalar_subquery()
    .label("next_id")
)


LEADS = (
    agreement.c.lead_time.label("agreement_lead"),
    product.c.lead_time.label("product_lead"),
    pipeline.c.lead_time.label("pipeline_lead"),
    agreement.c.notice_period,
)


def base(viewer: Viewer) -> Select[Any]:
    """Renewals with the terms of their agreements."""
    query = cards.base(
        viewer,
        renewal,
        agreement.c.period,
        *LEADS,
        _NEXT,
    )
    return (
        query.join(agreement, agreement.c.id == renewal.c.agreement_id)
        .join(pipeline, pipeline.c.id == agreement.c.pipeline_id)
        .outerjoin(product, product.c.id == agreement.c.product_id)
    )


def _row(row: Mapping[str, Any], viewer: Viewer, now: datetime) -> dict[str, Any]:
    comes = activation(row["renewal_date"], leads(row))
    pending = row["state"] in ("waiting", "open")
    left = (row["renewal_date"] - viewer.company.today(now)).days if pending else None
    return {
        **cards.common(row, now),
        **{name: row[name] for name in SPECIAL},
        "period": row["period"],
        "quantity": None if row["quantity"] is None else money.unscaled(row["quantity"], 3),
        "forecast": msgspec.convert(row["forecast"], RunOut | None),
        "lead_time": str(comes.lead),
        "lead_time_source": comes.source,
        "days_left": left,
        "next_id": row["next_id"],
    }


async def page(tx: Unit, viewer: Viewer, filters: RenewalFilters) -> Renewals:
    """A page of the renewals that exist for the viewer, whatever their state."""
    query = base(viewer).where(cards.seen(viewer, "renewal"))
    query = await lists.filtered(tx, query, "renewal", filters, viewer)
    query = _narrowed(query, filters, viewer, tx.now)
    found = await fetch(tx, query, lists.paging_of(filters), SORTS, card.c.id)
    items = [RenewalRow(**_row(row, viewer, tx.now)) for row in found.rows]
    total = UNSET if found.total is None else found.total
    return Renewals(items=items, next_cursor=found.next_cursor, total=total)


def _narrowed(
    query: Select[Any], filters: RenewalFilters, viewer: Viewer, now: datetime
) -> Select[Any]:
    c = renewal.c
    if filters.agreement_id is not None:
        query = query.where(c.agreement_id == filters.agreement_id)
    for column, start, end in (
        (c.renewal_date, filters.due_from, filters.due_to),
        (c.activates_on, filters.activates_from, filters.activates_to),
    ):
        if start is not None:
            query = query.where(column >= start)
        if end is not None:
            query = query.where(column <= end)
    if filters.overdue is not None:
        overdue = and_(c.pending, c.renewal_date < viewer.company.today(now))
        query = query.where(overdue if filters.overdue else ~overdue)
    if filters.parked is not None:
        query = query.where(c.parked_at.is_not(None) == filters.parked)
    if filters.review is not None:
        query = query.where(c.review_since.is_not(None) == filters.review)
    return query


async def one(tx: Unit, viewer: Viewer, renewal_id: int) -> Renewal:
    """A renewal that exists for the viewer; NotFound."""
    query = base(viewer).where(cards.seen(viewer, "renewal"), card.c.id == renewal_id)
    return _whole(await tx.first(query), viewer, tx.now)


async def written(tx: Unit, viewer: Viewer, renewal_id: int) -> Renewal:
    """A renewal just written, also where the viewer may not see it any more."""
    return _whole(await tx.first(base(viewer).where(card.c.id == renewal_id)), viewer, tx.now)


def _whole(row: Mapping[str, Any] | None, viewer: Viewer, now: datetime) -> Renewal:
    if row is None:
        raise NotFound("There is no such renewal")
    return Renewal(**_row(row, viewer, now))


def leads(row: Mapping[str, Any]) -> Leads:
    """All lead times of a row that has a renewal's own columns beside `LEADS`."""
    return Leads(
        renewal=row["lead_time"], agreement=row["agreement_lead"], product=row["product_lead"],
        pipeline=row["pipeline_lead"], notice=row["notice_period"],
        spread_days=row["spread_days"],
    )  # fmt: skip


async def leads_of(tx: Unit, row: Mapping[str, Any]) -> Leads:
    """All lead times of a renewal, given by its own columns."""
    query = (
        select(*LEADS)
        .join(pipeline, pipeline.c.id == agreement.c.pipeline_id)
        .outerjoin(product, product.c.id == agreement.c.product_id)
        .where(agreement.c.id == row["agreement_id"])
    )
    found = await tx.first(query)
    assert found is not None
    return leads({**row, **found})


def waiting_with_leads() -> Select[Any]:
    """The waiting renewals, with every lead time that may count for them."""
    names = (
        "card_id", "agreement_id", "renewal_date", "activates_on", "lead_time", "spread_days",
    )  # fmt: skip
    return (
        select(*(renewal.c[name] for name in names), *LEADS)
        .join(agreement, agreement.c.id == renewal.c.agreement_id)
        .join(pipeline, pipeline.c.id == agreement.c.pipeline_id)
        .outerjoin(product, product.c.id == agreement.c.product_id)
        .where(renewal.c.waiting)
    )


async def agreement_of(tx: Unit, renewal_id: int) -> int:
    """The agreement of a renewal."""
    query = select(renewal.c.agreement_id).where(renewal.c.card_id == renewal_id)
    return int(await tx.scalar(query))


async def last_term(tx: Unit, agreement_id: int) -> dict[str, Any]:
    """The last renewal of an agreement that was not withdrawn; empty where there is none."""
    query = (
        select(renewal, card.c.amount)
        .join(card, card.c.id == renewal.c.card_id)
        .where(renewal.c.agreement_id == agreement_id, renewal.c.withdrawn_at.is_(None))
        .order_by(renewal.c.cycle.desc())
        .limit(1)
    )
    row = await tx.first(query)
    return {} if row is None else dict(row)


async def terms_of(tx: Unit, agreement_id: int) -> list[Row]:
    """The dates and amounts of every term of an agreement that was not withdrawn."""
    query = (
        select(renewal.c.renewal_date, renewal.c.original_renewal_date, card.c.amount)
        .join(card, card.c.id == renewal.c.card_id)
        .where(renewal.c.agreement_id == agreement_id, renewal.c.withdrawn_at.is_(None))
    )
    return await tx.rows(query)


async def vat_of(tx: Unit, agreement_id: int) -> int | None:
    """The VAT rate of an agreement's product; None for no VAT, and for no product."""
    query = (
        select(product.c.vat_rate)
        .join(agreement, agreement.c.product_id == product.c.id)
        .where(agreement.c.id == agreement_id)
    )
    rate: int | None = await tx.scalar(query)
    return rate


async def date_of(tx: Unit, renewal_id: int | None) -> date | None:
    """The date of a renewal; None for none."""
    if renewal_id is None:
        return None
    found: date | None = await tx.scalar(
        select(renewal.c.renewal_date).where(renewal.c.card_id == renewal_id)
    )
    return found


async def lost_in_leaving(tx: Unit, client_id: int, left_on: date) -> int | None:
    """The lost renewal with which a client left on a day, unless he is back."""
    c = churn_interval.c
    query = (
        select(c.renewal_id)
        .join(card, card.c.id == c.renewal_id)
        .where(c.client_id == client_id, c.opened_on == left_on)
        .where(c.closed_on.is_(None), c.voided_at.is_(None), card.c.deleted_at.is_(None))
        .order_by(c.id.desc())
        .limit(1)
    )
    found: int | None = await tx.scalar(query)
    return found


async def default_title(tx: Unit, client_id: int, product_id: int | None) -> str:
    """What a renewal without a title is called: its product, else its client."""
    if product_id is not None:
        found = await tx.scalar(select(product.c.name).where(product.c.id == product_id))
        if found is not None:
            return str(found)
    return str(await tx.scalar(select(client.c.name).where(client.c.id == client_id)))
