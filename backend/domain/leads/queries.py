"""Reading leads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import Select

from backend.db.models import lead
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.cards import queries as cards
from backend.domain.cards.lists import queries as lists
from backend.domain.leads.rules import is_complete
from backend.domain.leads.schemas import Lead, LeadFilters, LeadRow, Leads
from backend.errors import NotFound

SPECIAL = (
    "contact_name", "company_name", "phone", "email", "messenger", "need", "price_level_agreed",
    "temperature", "grade", "suspended_until",
)  # fmt: skip


def _row(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        **cards.common(row, now),
        **{name: row[name] for name in SPECIAL},
        "budget": money.text(row["budget"], row["currency"]),
        "is_complete": is_complete(row),
    }


async def page(tx: Unit, viewer: Viewer, filters: LeadFilters) -> Leads:
    """A page of the leads that exist for the viewer."""
    found = await lists.page(tx, viewer, lead, filters, lambda query: _narrowed(query, filters))
    items = [LeadRow(**_row(row, tx.now)) for row in found.rows]
    total = UNSET if found.total is None else found.total
    return Leads(items=items, next_cursor=found.next_cursor, total=total)


def _narrowed(query: Select[Any], filters: LeadFilters) -> Select[Any]:
    for name in ("temperature", "email", "phone"):
        if getattr(filters, name) is not None:
            query = query.where(lead.c[name] == getattr(filters, name))
    return query


async def one(tx: Unit, viewer: Viewer, lead_id: int) -> Lead:
    """A lead that exists for the viewer; NotFound."""
    query = cards.one(lead, viewer.company.locale, viewer.reach)
    return _whole(await tx.first(query, {"card_id": lead_id}), tx.now)


async def written(tx: Unit, viewer: Viewer, lead_id: int) -> Lead:
    """A lead just written, also where the viewer may not see it any more."""
    query = cards.one(lead, viewer.company.locale, None)
    return _whole(await tx.first(query, {"card_id": lead_id}), tx.now)


def _whole(row: Mapping[str, Any] | None, now: datetime) -> Lead:
    if row is None:
        raise NotFound("There is no such lead")
    return Lead(**_row(row, now))
