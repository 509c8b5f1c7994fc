"""What stands on an offer or an invoice: the record, our company's details and the client's."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.clients import queries as clients
from backend.domain.offers import queries as offers
from backend.domain.renewals import queries as renewals
from backend.domain.users.queries import letterhead
from backend.errors import Conflict, FieldNeeded
from backend.papers.sheet import Buyer, Line, Seller, Sheet

PREFIX = {"offer": "КП", "renewal": "П"}


async def of_offer(
    tx: Unit, viewer: Viewer, offer_id: int, kind: Literal["offer", "invoice"]
) -> Sheet:
    """An offer as it goes to the client, or its invoice; NotFound, or Conflict without lines."""
    offer = await offers.one(tx, viewer, offer_id)
    if not offer.lines:
        raise Conflict("This offer has no lines yet; add what is offered")
    at = offer.sent_at or offer.created_at
    if kind == "invoice":
        at = offer.closed_at or at
    lines = [
        Line(
            description=line.description, quantity=line.quantity, unit=line.unit or "",
            price=line.price, discount=line.discount_percent, vat_rate=line.vat_rate,
            total=line.total,
        )
        for line in offer.lines
    ]  # fmt: skip
    return Sheet(
        **await _common(tx, viewer, kind, offer.number, at, offer.client_id),
        lines=lines, discount=offer.discount_percent, vat_included=offer.vat_included,
        vat_total=offer.vat_total, total=offer.total, currency=offer.currency,
        valid_until=offer.valid_until, payment_terms=offer.payment_terms or "",
        delivery_days=offer.delivery_days, bonus=offer.bonus or "",
        special_terms=offer.special_terms or "", owner=offer.owner_name,
    )  # fmt: skip


async def of_renewal(tx: Unit, viewer: Viewer, renewal_id: int) -> Sheet:
    """The invoice for one term; NotFound, or FieldNeeded without an amount."""
    renewal = await renewals.one(tx, viewer, renewal_id)
    if renewal.amount is None:
        raise FieldNeeded(
            "An invoice needs the amount of the renewal",
            missing_fields=["amount"],
            suggested_action="PATCH /renewals/{id} with an amount",
        )
    rate = await renewals.vat_of(tx, renewal.agreement_id)
    units = money.minor(Decimal(renewal.amount), renewal.currency)
    vat = money.divide(units * (rate or 0), 10_000 + (rate or 0))
    line = Line(
        description=renewal.title, quantity="1", unit="", price=renewal.amount, discount="0",
        vat_rate=None if rate is None else money.unscaled(rate, 2), total=renewal.amount,
    )  # fmt: skip
    at = renewal.activated_at or renewal.created_at
    return Sheet(
        **await _common(tx, viewer, "invoice", renewal.number, at, renewal.client_id),
        lines=[line], discount="0", vat_included=True,
        vat_total=str(money.text(vat, renewal.currency)), total=renewal.amount,
        currency=renewal.currency, owner=renewal.owner_name,
    )  # fmt: skip


async def _common(
    tx: Unit, viewer: Viewer, kind: str, number: str, at: datetime, client_id: int | None
) -> dict[str, Any]:
    russian = viewer.writes_in == "ru"
    return {
        "kind": kind,
        "language": "ru" if russian else "en",
        "number": _number(number) if russian else number,
        "on": viewer.company.today(at),
        "made_at": at,
        "seller": await _seller(tx),
        "buyer": await _buyer(tx, viewer, client_id),
    }


def _number(number: str) -> str:
    """The number as Russian readers know it: `O-12` is КП-12."""
    letter, _, digits = number.partition("-")
    return f"{PREFIX['offer' if letter == 'O' else 'renewal']}-{digits}"


async def _seller(tx: Unit) -> Seller:
    row = await letterhead(tx)
    known = _texts(row["details"], Seller.__struct_fields__)
    return Seller(**{"name": row["name"], **known})


async def _buyer(tx: Unit, viewer: Viewer, client_id: int | None) -> Buyer:
    if client_id is None:
        return Buyer(name="")
    client = await clients.written(tx, viewer, client_id)
    own = _texts(client.custom, ("kpp", "address"))
    return Buyer(name=client.name, inn=client.tax_id or "", **own)


def _texts(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: str(values[name]) for name in names if values.get(name) not in (None, "")}
