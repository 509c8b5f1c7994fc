"""Reading offers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import Select, bindparam, select

from backend.db.models import card, offer, offer_line, offer_revision, product, stage
from backend.db.prepared import Prepared
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.cards import queries as cards
from backend.domain.cards.lists import queries as lists
from backend.domain.offers.rules import STATUS, Terms
from backend.domain.offers.schemas import (
    Approval,
    Offer,
    OfferFilters,
    OfferLine,
    OfferRow,
    Offers,
    Revision,
    Revisions,
)
from backend.errors import NotFound

SPECIAL = (
    "lead_id", "deal_id", "renewal_id", "vat_included", "payment_terms", "delivery_days", "bonus",
    "special_terms", "valid_until", "sent_at", "revision", "rework_count", "rework_note",
)  # fmt: skip
LINE = (
    "position",
    "product_id",
    "description",
    "quantity",
    "unit",
    "price",
    "discount_percent",
    "vat_rate",
    "total",
)


def _percent(value: int | None) -> str | None:
    return None if value is None else money.unscaled(value, 2)


def _row(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    currency = row["currency"]
    status = STATUS[row["stage_key"]]
    return {
        **cards.common(row, now),
        **{name: row[name] for name in SPECIAL},
        "status": status,
        "outcome": row["stage_key"] if status == "closed" else None,
        "discount_percent": _percent(row["discount_percent"]),
        "vat_total": money.text(row["vat_total"], currency),
        "total": money.text(row["amount"] or 0, currency),
        "cost": money.text(row["cost"], currency),
        "margin_percent": _percent(row["margin_percent"]),
        "approval": Approval(
            row["approval_status"],
            row["approval_by_id"],
            row["approval_at"],
            row["approval_comment"],
        ),
    }


async def page(tx: Unit, viewer: Viewer, filters: OfferFilters) -> Offers:
    """A page of the offers that exist for the viewer."""
    found = await lists.page(tx, viewer, offer, filters, lambda query: _narrowed(query, filters))
    items = [OfferRow(**_row(row, tx.now)) for row in found.rows]
    total = UNSET if found.total is None else found.total
    return Offers(items=items, next_cursor=found.next_cursor, total=total)


def _narrowed(query: Select[Any], filters: OfferFilters) -> Select[Any]:
    for name in ("lead_id", "deal_id", "renewal_id"):
        if getattr(filters, name) is not None:
            query = query.where(offer.c[name] == getattr(filters, name))
    if filters.approval is not None:
        query = query.where(offer.c.approval_status == filters.approval)
    if filters.status is not None:
        keys = [key for key, status in STATUS.items() if status == filters.status]
        query = query.where(stage.c.key.in_(keys))
    if filters.outcome is not None:
        query = query.where(stage.c.key == filters.outcome)
    return query


async def one(tx: Unit, viewer: Viewer, offer_id: int) -> Offer:
    """An offer that exists for the viewer; NotFound."""
    query = cards.one(offer, viewer.company.locale, viewer.reach)
    return await _whole(tx, await tx.first(query, {"card_id": offer_id}))


async def written(tx: Unit, viewer: Viewer, offer_id: int) -> Offer:
    """An offer just written, also where the viewer may not see it any more."""
    query = cards.one(offer, viewer.company.locale, None)
    return await _whole(tx, await tx.first(query, {"card_id": offer_id}))


async def _whole(tx: Unit, row: Mapping[str, Any] | None) -> Offer:
    if row is None:
        raise NotFound("There is no such offer")
    places = money.digits(row["currency"])
    lines = [_line(line, places) for line in await line_rows(tx, row["id"])]
    return Offer(**_row(row, tx.now), lines=lines)


def _line(line: Mapping[str, Any], places: int) -> OfferLine:
    return OfferLine(
        product_id=line["product_id"], description=line["description"],
        quantity=money.unscaled(line["quantity"], 3), unit=line["unit"],
        price=money.unscaled(line["price"], places),
        discount_percent=money.unscaled(line["discount_percent"], 2),
        vat_rate=_percent(line["vat_rate"]), total=money.unscaled(line["total"], places),
    )  # fmt: skip


_LINES = Prepared(
    select(
        *(offer_line.c[name] for name in LINE),
        product.c.cost,
        product.c.currency.label("cost_currency"),
    )
    .outerjoin(product, product.c.id == offer_line.c.product_id)
    .where(offer_line.c.offer_id == bindparam("offer_id"))
    .order_by(offer_line.c.position)
)


async def line_rows(tx: Unit, offer_id: int) -> list[Any]:
    """The lines of an offer in order, with the present costs of their products."""
    return await tx.rows(_LINES, {"offer_id": offer_id})


async def terms(
    tx: Unit,
    values: Mapping[str, Any],
    viewer: Viewer,
    mode: str,
    lines: list[dict[str, Any]] | None,
) -> Terms:
    """What the rules must know of an offer that moves; `lines` are those about to be written."""
    rows = await line_rows(tx, values["id"]) if lines is None else lines
    return Terms(
        offer_id=values["id"], title=values["title"], client_id=values["client_id"],
        amount=values["amount"], currency=values["currency"], lead_id=values["lead_id"],
        deal_id=values["deal_id"], renewal_id=values["renewal_id"],
        discount_percent=values["discount_percent"],
        line_discounts=tuple(row["discount_percent"] for row in rows),
        margin_percent=values["margin_percent"], revision=values["revision"],
        rework_count=values["rework_count"], approval_status=values["approval_status"],
        approval_mode=mode, discount_limit=viewer.company.discount_limit,
        margin_floor=viewer.company.margin_floor,
    )  # fmt: skip


async def content(tx: Unit, offer_id: int) -> dict[str, Any]:
    """The terms and lines of an offer as they stand, as a revision keeps them."""
    query = select(offer, card.c.amount, card.c.currency).join(card, card.c.id == offer.c.card_id)
    row = await tx.first(query.where(offer.c.card_id == offer_id))
    assert row is not None
    kept = (*SPECIAL, "discount_percent", "vat_total", "amount", "currency")
    return {
        **{name: row[name] for name in kept},
        "lines": [{n: line[n] for n in LINE} for line in await line_rows(tx, offer_id)],
    }


async def revisions(tx: Unit, viewer: Viewer, offer_id: int) -> Revisions:
    """The kept revisions of an offer; NotFound where the viewer may not see it."""
    now = await one(tx, viewer, offer_id)
    query = (
        select(offer_revision)
        .where(offer_revision.c.offer_id == offer_id)
        .order_by(offer_revision.c.revision)
    )
    items = [
        Revision(
            revision=row["revision"], at=row["at"], by=row["by_id"], note=row["note"],
            content=_told(row["content"], now.currency),
        )
        for row in await tx.rows(query)
    ]  # fmt: skip
    return Revisions(items, None)


def _told(kept: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """A kept content as the contract writes money and percentages."""
    currency = kept.get("currency", currency)
    lines = [_line(line, money.digits(currency)) for line in kept["lines"]]
    return {
        **{name: kept[name] for name in SPECIAL if name in kept},
        "currency": currency,
        "discount_percent": _percent(kept["discount_percent"]),
        "vat_total": money.text(kept["vat_total"], currency),
        "total": money.text(kept.get("amount") or 0, currency),
        "lines": lines,
    }
