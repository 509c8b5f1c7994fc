"""Reading deals."""

from collections.abc import Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

from msgspec import UNSET
from sqlalchemy import Select, bindparam, exists, select

from backend.db.models import card, deal, deal_line, product
from backend.db.prepared import Prepared
from backend.db.session import Unit
from backend.domain import consumption, money
from backend.domain.access import Company, Viewer
from backend.domain.cards import queries as cards
from backend.domain.cards.lists import queries as lists
from backend.domain.clients.queries import holds_agreement
from backend.domain.deals.purchases import queries as purchases
from backend.domain.deals.rules import Line, Sale
from backend.domain.deals.schemas import Deal, DealFilters, DealRow, Deals, ProductLine
from backend.errors import NotFound

_HAS_LINES = exists().where(deal_line.c.deal_id == card.c.id).label("has_lines")
_LINES = Prepared(
    select(
        *(c for c in deal_line.c if c.name != "id"),
        product.c.name,
        product.c.category,
        product.c.replenishment,
        product.c.period,
        product.c.consumption.label("product_consumption"),
        product.c.consumption_per.label("product_consumption_per"),
    )
    .join(product, product.c.id == deal_line.c.product_id)
    .where(deal_line.c.deal_id == bindparam("deal_id"))
    .order_by(deal_line.c.position)
)
SPECIAL = (
    "expected_close_on", "start_on", "renewal_date", "renewal_period", "one_off", "win_back_of",
)  # fmt: skip
_special = itemgetter(*SPECIAL)


def _row(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    found = cards.common(row, now)
    found.update(zip(SPECIAL, _special(row), strict=True))
    if row["renewal_date"] is not None:
        found["renewal_date_source"] = "computed" if row["renewal_date_computed"] else "manual"
    return found


async def page(tx: Unit, viewer: Viewer, filters: DealFilters) -> Deals:
    """A page of the deals that exist for the viewer."""

    def narrowed(query: Select[Any]) -> Select[Any]:
        wanted = filters.win_back_of
        return query if wanted is None else query.where(deal.c.win_back_of == wanted)

    found = await lists.page(tx, viewer, deal, filters, narrowed)
    items = [DealRow(**_row(row, tx.now)) for row in found.rows]
    return Deals(
        items=items,
        next_cursor=found.next_cursor,
        total=UNSET if found.total is None else found.total,
    )


async def one(tx: Unit, viewer: Viewer, deal_id: int) -> Deal:
    """A deal that exists for the viewer; NotFound."""
    query = cards.one(deal, viewer.company.locale, viewer.reach, _HAS_LINES)
    return await _whole(tx, await tx.first(query, {"card_id": deal_id}))


async def written(tx: Unit, viewer: Viewer, deal_id: int) -> Deal:
    """A deal just written, also where the viewer may not see it any more."""
    query = cards.one(deal, viewer.company.locale, None, _HAS_LINES)
    return await _whole(tx, await tx.first(query, {"card_id": deal_id}))


async def _whole(tx: Unit, row: Mapping[str, Any] | None) -> Deal:
    if row is None:
        raise NotFound("There is no such deal")
    lines = [
        ProductLine(
            product_id=line["product_id"],
            product_name=line["name"],
            quantity=money.unscaled(line["quantity"], 3),
            unit=line["unit"],
            price=money.unscaled(line["price"], money.digits(row["currency"])),
            consumption=consumption.shown(line["consumption"], line["consumption_per"]),
        )
        for line in (await line_rows(tx, row["id"]) if row["has_lines"] else ())
    ]
    return Deal(**_row(row, tx.now), product_lines=lines)


async def winning_back(tx: Unit, renewal_id: int, except_id: int | None) -> int | None:
    """The open deal, other than one, that wins a lost renewal back, whoever may see it."""
    query = (
        select(card.c.id)
        .join(deal, deal.c.card_id == card.c.id)
        .where(
            deal.c.win_back_of == renewal_id,
            card.c.state == "open",
            card.c.deleted_at.is_(None),
            card.c.id.is_distinct_from(except_id),
        )
        .limit(1)
    )
    found: int | None = await tx.scalar(query)
    return found


async def line_rows(tx: Unit, deal_id: int) -> list[Any]:
    """The product lines of a deal in order, with what their products say about renewing."""
    return await tx.rows(_LINES, {"deal_id": deal_id})


async def sale(
    tx: Unit,
    company: Company,
    values: Mapping[str, Any],
    renewal_on_win: str,
    lines: list[Any] | None,
) -> Sale:
    """What the rules must know of a deal that moves; `lines` are those about to be written.

    A date that was computed is not one that was given: it is computed anew.
    """
    client_id = values["client_id"]
    held = (
        renewal_on_win == "required"
        and client_id is not None
        and await holds_agreement(tx, client_id)
    )
    rows = await line_rows(tx, values["id"]) if lines is None else lines
    return Sale(
        title=values["title"], client_id=client_id, amount=values["amount"],
        start_on=values["start_on"],
        renewal_date=None if values["renewal_date_computed"] else values["renewal_date"],
        renewal_period=values["renewal_period"], one_off=values["one_off"],
        renewal_on_win=renewal_on_win, holds_agreement=held,
        lines=tuple([await _line(tx, company, client_id, row) for row in rows]),
    )  # fmt: skip


async def _line(tx: Unit, company: Company, client_id: int | None, row: Mapping[str, Any]) -> Line:
    consumed = row["replenishment"] == "consumption"
    known = consumed and client_id is not None
    return Line(
        product_id=row["product_id"], product_name=row["name"],
        renews=row["replenishment"] != "none", product_period=row["period"],
        quantity=row["quantity"], amount=money.times(row["price"], row["quantity"]),
        stated=consumption.rate(row["consumption"], row["consumption_per"]),
        habit=await purchases.habit(tx, company, client_id, row) if consumed else None,
        held=await purchases.held(tx, client_id, row["product_id"]) if known else None,
    )  # fmt: skip
