"""Writing what is special to deals."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET
from sqlalchemy import delete, insert

from backend.db.models import deal, deal_line
from backend.db.session import Unit
from backend.domain import consumption, money
from backend.domain.calendar import demand_span
from backend.domain.cards.kinds import Kind, Written, ready
from backend.domain.catalog import queries as catalog
from backend.domain.deals import queries
from backend.domain.deals.schemas import DealFields
from backend.errors import NotFound, pointed

PLAIN = (
    "position", "product_id", "quantity", "unit", "price", "consumption", "consumption_per",
)  # fmt: skip
KIND = Kind(name="deal", table=deal, fields=DealFields)


async def prepare(tx: Unit, fields: DealFields, row: Mapping[str, Any]) -> Written:
    """Given fields as columns and lines; saying when it renews takes `one_off` back."""
    written = ready(KIND, fields, row)
    demand_span(written.special.get("renewal_period"), "/renewal_period")
    _answer(written, row)
    if fields.product_lines is not UNSET:
        currency = written.card.get("currency", row["currency"])
        written.lines = await _lines(tx, fields, currency)
        total = sum(money.times(line["price"], line["quantity"]) for line in written.lines)
        if total > money.LARGEST:
            raise pointed("the total is too large", "/product_lines")
        if "amount" not in written.card and row["amount"] is None and written.lines:
            written.card["amount"] = total
        if "id" in row:
            before = await queries.line_rows(tx, row["id"])
            written.lines_before = [_plain(line) for line in before]
    return written


def _answer(written: Written, row: Mapping[str, Any]) -> None:
    """Whether it renews is one answer: a date or a period, or a one-off sale."""
    renews = written.special.get("renewal_date") or written.special.get("renewal_period")
    if written.special.get("one_off") and not renews:
        written.special |= {"renewal_date": None, "renewal_period": None}
    elif renews and row.get("one_off") and "one_off" not in written.special:
        written.special["one_off"] = False
    elif renews and written.special.get("one_off"):
        raise pointed("a one-off sale has no renewal; send one or the other", "/one_off")
    if "renewal_date" in written.special:
        written.special["renewal_date_computed"] = False


async def _lines(tx: Unit, fields: DealFields, currency: str) -> list[dict[str, Any]]:
    assert fields.product_lines is not UNSET
    known = await catalog.present(tx, {line.product_id for line in fields.product_lines})
    lines = []
    for index, line in enumerate(fields.product_lines):
        place = f"/product_lines/{index}"
        found = known.get(line.product_id)
        if found is None:
            raise pointed("There is no such product", f"{place}/product_id", NotFound)
        lines.append(
            {
                "position": index + 1, "product_id": found["id"], "name": found["name"],
                "replenishment": found["replenishment"], "period": found["period"],
                "quantity": _quantity(line.quantity, place),
                "unit": found["unit"] if line.unit is UNSET else line.unit,
                "price": _price(line.price, found, currency, place),
                "category": found["category"],
                **consumption.columns(line.consumption, f"{place}/consumption"),
                "product_consumption": found["consumption"],
                "product_consumption_per": found["consumption_per"],
            }
        )  # fmt: skip
    return lines


def _quantity(value: Any, place: str) -> int:
    quantity = money.scaled(value, 3, f"{place}/quantity")
    if quantity <= 0:
        raise pointed("a quantity must be more than 0", f"{place}/quantity")
    return quantity


def _price(value: Any, found: Mapping[str, Any], currency: str, place: str) -> int:
    if value is not UNSET:
        return money.minor(value, currency, f"{place}/price")
    if found["price"] is None or found["currency"] != currency:
        raise pointed(f"“{found['name']}” has no price in {currency}; give one", f"{place}/price")
    return int(found["price"])


def _plain(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in PLAIN}


async def write_lines(tx: Unit, deal_id: int, written: Written) -> None:
    """Replace the product lines of a deal."""
    if written.lines is None:
        return
    if written.lines_before:
        await tx.run(delete(deal_line).where(deal_line.c.deal_id == deal_id))
    if written.lines:
        rows = [{"deal_id": deal_id, **_plain(line)} for line in written.lines]
        await tx.run(insert(deal_line), rows)
