"""Reading what a client has bought of a product, how fast he uses it up, what he still holds."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, select, union_all

from backend.db.models import agreement, card, company, deal_line, product, renewal
from backend.db.session import Unit
from backend.domain import access
from backend.domain.calendar import Period
from backend.domain.consumption import Habit, Known, Purchase, Rate, rate
from backend.domain.deals.rules import Held
from backend.domain.money import scaled

PRODUCT = (
    product.c.id.label("product_id"),
    product.c.category,
    product.c.replenishment,
    product.c.consumption.label("product_consumption"),
    product.c.consumption_per.label("product_consumption_per"),
)


async def habit(
    tx: Unit, our: access.Company, client_id: int | None, line: Mapping[str, Any]
) -> Habit:
    """How a client uses a product up: as the line of the sale says, else as is known of him.

    Else what is known of the product's category, else of the product. The purchases are those of
    won deals and of won renewals, as they stand now.
    """
    found = await _rate(tx, client_id, line)
    past = () if client_id is None else await _purchases(tx, our, client_id, line["product_id"])
    return Habit(None, None, past) if found is None else Habit(*found, past)


async def _rate(
    tx: Unit, client_id: int | None, line: Mapping[str, Any]
) -> tuple[Rate, Known] | None:
    told = rate(line["consumption"], line["consumption_per"])
    if told is not None:
        return told, "line"
    told = await _of_client(tx, client_id, line["product_id"])
    if told is not None:
        return told, "client"
    told = await _of_category(tx, line["category"])
    if told is not None:
        return told, "category"
    told = rate(line["product_consumption"], line["product_consumption_per"])
    return None if told is None else (told, "product")


async def _of_client(tx: Unit, client_id: int | None, product_id: int) -> Rate | None:
    """What the client's last agreement about the product says, whether it runs or not."""
    query = (
        select(agreement.c.consumption, agreement.c.consumption_per)
        .where(
            agreement.c.client_id == client_id,
            agreement.c.product_id == product_id,
            agreement.c.consumption.is_not(None),
            agreement.c.withdrawn_at.is_(None),
        )
        .order_by(agreement.c.id.desc())
        .limit(1)
    )
    row = await tx.first(query)
    return None if row is None else rate(row["consumption"], row["consumption_per"])


async def _of_category(tx: Unit, category: str | None) -> Rate | None:
    known: Mapping[str, Any] = await tx.scalar(select(company.c.consumption))
    found = known.get(category or "")
    if found is None:
        return None
    return Rate(scaled(Decimal(found["quantity"]), 3, "/consumption"), Period.parse(found["per"]))


def _bought(quantity: Any, client_id: int) -> Select[Any]:
    return select(card.c.closed_at, quantity).where(
        card.c.client_id == client_id, card.c.state == "won", card.c.deleted_at.is_(None)
    )


async def _purchases(
    tx: Unit, our: access.Company, client_id: int, product_id: int
) -> tuple[Purchase, ...]:
    deals = _bought(deal_line.c.quantity, client_id).where(
        deal_line.c.deal_id == card.c.id, deal_line.c.product_id == product_id
    )
    renewals = _bought(renewal.c.quantity, client_id).where(
        renewal.c.card_id == card.c.id,
        renewal.c.quantity.is_not(None),
        agreement.c.id == renewal.c.agreement_id,
        agreement.c.product_id == product_id,
    )
    rows = await tx.rows(union_all(deals, renewals))
    return tuple(Purchase(our.today(row["closed_at"]), row["quantity"]) for row in rows)


async def held(tx: Unit, client_id: int | None, product_id: int) -> Held | None:
    """The pending renewal of a product that a client holds; of several the one due first."""
    pending = and_(renewal.c.agreement_id == agreement.c.id, renewal.c.pending)
    query = (
        select(agreement.c.id, renewal.c.card_id, renewal.c.cycle, renewal.c.renewal_date)
        .join(renewal, pending)
        .where(
            agreement.c.client_id == client_id,
            agreement.c.product_id == product_id,
            agreement.c.status == "running",
            agreement.c.deleted_at.is_(None),
        )
        .order_by(renewal.c.renewal_date, agreement.c.id)
        .limit(1)
    )
    row = await tx.first(query)
    return None if row is None else Held(*row.values())


async def of_agreement(tx: Unit, our: access.Company, found: Mapping[str, Any]) -> Habit | None:
    """How the client of an agreement uses its product up; None where nothing is known of it."""
    if found["product_id"] is None:
        return None
    query = select(*PRODUCT).where(product.c.id == found["product_id"])
    row = await tx.first(query)
    if row is None or row["replenishment"] != "consumption":
        return None
    line = {**row, "consumption": None, "consumption_per": None}
    return await habit(tx, our, found["client_id"], line)
