"""What a new offer takes over from the card it hangs on, where its own lines are not given."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select

from backend.db.models import agreement, card, deal_line, offer, offer_line, product, renewal
from backend.db.session import Unit

TERMS = ("discount_percent", "vat_included", "payment_terms", "delivery_days", "special_terms")
_ONE = 1000  # thousandths
_LINE = (
    "position", "product_id", "description", "quantity", "unit", "price", "discount_percent",
    "vat_rate", "cost", "cost_currency",
)  # fmt: skip
_PRODUCT = (product.c.vat_rate, product.c.cost, product.c.currency.label("cost_currency"))

Lines = list[dict[str, Any]]


async def of_deal(tx: Unit, deal_id: int) -> Lines:
    """The deal's product lines as lines of its offer."""
    return await _sold(tx, _deal_lines().where(deal_line.c.deal_id == deal_id))


def _deal_lines() -> Select[Any]:
    """Product lines of deals in their order, with what their products say today."""
    names = ("product_id", "quantity", "unit", "price")
    return (
        select(*(deal_line.c[name] for name in names), product.c.name, *_PRODUCT)
        .join(product, product.c.id == deal_line.c.product_id)
        .order_by(deal_line.c.position)
    )


async def _sold(tx: Unit, query: Select[Any]) -> Lines:
    return _numbered([{**row, "description": row["name"]} for row in await tx.rows(query)])


def _numbered(rows: Sequence[Mapping[str, Any]]) -> Lines:
    found = [{"discount_percent": 0, **row, "position": n} for n, row in enumerate(rows, start=1)]
    return [{name: row[name] for name in _LINE} for row in found]


async def of_renewal(tx: Unit, renewal_id: int, currency: str) -> tuple[dict[str, Any], Lines]:
    """The terms and the lines that the client pays for in the term that ends.

    Those of the offer he accepted for it, else what the deal sold that the term began with, else
    one line that is worth the renewal. No lines where none of them is in the currency.
    """
    query = (
        select(
            renewal.c.previous_id, renewal.c.cycle, agreement.c.deal_id, agreement.c.product_id,
            card.c.title, card.c.amount, card.c.currency, product.c.unit, *_PRODUCT,
        )
        .join(card, card.c.id == renewal.c.card_id)
        .join(agreement, agreement.c.id == renewal.c.agreement_id)
        .outerjoin(product, product.c.id == agreement.c.product_id)
        .where(renewal.c.card_id == renewal_id)
    )  # fmt: skip
    term = await tx.first(query)
    if term is None:
        return {}, []
    accepted = await _accepted(tx, term["previous_id"], currency)
    if accepted is not None:
        return {name: accepted[name] for name in TERMS}, await _offered(tx, accepted["card_id"])
    if term["currency"] != currency:
        return {}, []
    return {}, await _begun_with(tx, term) or _worth(term)


async def _accepted(tx: Unit, renewal_id: int | None, currency: str) -> Mapping[str, Any] | None:
    query = (
        select(offer)
        .join(card, card.c.id == offer.c.card_id)
        .where(
            offer.c.renewal_id == renewal_id, card.c.state == "won", card.c.deleted_at.is_(None),
            card.c.currency == currency, card.c.amount.is_not(None),
        )
        .order_by(offer.c.card_id.desc())
        .limit(1)
    )  # fmt: skip
    return None if renewal_id is None else await tx.first(query)


async def _offered(tx: Unit, offer_id: int) -> Lines:
    costs = product.c.cost, product.c.currency.label("cost_currency")
    query = (
        select(*offer_line.c, *costs)
        .outerjoin(product, product.c.id == offer_line.c.product_id)
        .where(offer_line.c.offer_id == offer_id)
        .order_by(offer_line.c.position)
    )
    return _numbered(await tx.rows(query))


async def _begun_with(tx: Unit, term: Mapping[str, Any]) -> Lines:
    """The lines of the deal that the first term was sold by: of its product, else all."""
    if term["deal_id"] is None or term["cycle"] != 1:
        return []
    query = _deal_lines().where(deal_line.c.deal_id == term["deal_id"])
    if term["product_id"] is not None:
        query = query.where(deal_line.c.product_id == term["product_id"])
    return await _sold(tx, query)


def _worth(term: Mapping[str, Any]) -> Lines:
    if term["amount"] is None:
        return []
    one = {"description": term["title"], "quantity": _ONE, "price": term["amount"]}
    return _numbered([{**term, **one}])


async def has_open_offer(tx: Unit, kind: str, card_id: int) -> bool:
    """Whether an offer that hangs on a lead, a deal or a renewal is under way."""
    query = select(card.c.id).join(offer, offer.c.card_id == card.c.id)
    tied = offer.c[f"{kind}_id"] == card_id, card.c.state == "open", card.c.deleted_at.is_(None)
    return await tx.scalar(query.where(*tied).limit(1)) is not None
