"""Writing what is special to offers: lines, totals, revisions, approval."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET
from sqlalchemy import delete, insert, select, update

from backend.db.models import offer, offer_line, offer_revision
from backend.db.session import Unit
from backend.domain import access, money, versions
from backend.domain.access import Viewer
from backend.domain.cards import actions as cards
from backend.domain.cards import queries as card_queries
from backend.domain.cards.kinds import Kind, Written, ready
from backend.domain.catalog import queries as catalog
from backend.domain.feed.actions import announce
from backend.domain.offers import queries, rules
from backend.domain.offers.rules import OfferLine
from backend.domain.offers.schemas import OfferFields, OfferLineFields
from backend.domain.offers.sources import queries as sources
from backend.domain.stages import EventKind
from backend.errors import BadRequest, Conflict, Forbidden, NotFound, pointed

KIND = Kind(
    name="offer",
    table=offer,
    fields=OfferFields,
    percent=frozenset({"discount_percent"}),
    reopens=False,
)
PRICED = {"discount_percent", "vat_included", "currency", "lines"}
LOCKED = {"sent", "accepted", "declined"}
TIES = ("lead_id", "deal_id", "renewal_id")


async def prepare(tx: Unit, fields: OfferFields, row: Mapping[str, Any]) -> Written:
    """Given fields as columns and lines, with the totals that follow from them.

    Terms and lines of an offer that the client has are locked (Conflict): take it to rework.
    Changing them takes back a consent or a refusal given before.
    """
    if fields.amount is not UNSET:
        raise pointed("an offer's amount is the total of its lines; write those", "/amount")
    priced = any(getattr(fields, name) is not UNSET for name in PRICED)
    written = ready(KIND, fields, row)
    _demand_one_tie(written, row)
    if not priced and "id" in row:
        return written
    before = await queries.line_rows(tx, row["id"]) if "id" in row else []
    currency = written.card.get("currency", row["currency"])
    if fields.lines is not UNSET:
        lines = await _lines(tx, fields.lines, currency)
    elif "id" in row:
        lines = [dict(line) for line in before]
    else:
        lines = await _taken_over(tx, written, currency)
    _price(written, lines, row, currency)
    written.lines_before = [_plain(line) for line in before]
    if "id" in row:
        _changed(written, row)
    return written


async def _taken_over(tx: Unit, written: Written, currency: str) -> list[dict[str, Any]]:
    """The lines of a new offer for which none are given, with the terms that belong to them."""
    if (deal_id := written.special.get("deal_id")) is not None:
        return await sources.of_deal(tx, deal_id)
    if (renewal_id := written.special.get("renewal_id")) is None:
        return []
    terms, lines = await sources.of_renewal(tx, renewal_id, currency)
    written.special = {**terms, **written.special}
    return lines


def _changed(written: Written, row: Mapping[str, Any]) -> None:
    """New terms of an offer that is there: refused where it is locked; a consent is taken back.

    The same terms again are no change, and leave the cost as it was when they were written.
    """
    after = [_plain(line) for line in written.lines or []]
    values = written.over(row)
    terms = ("discount_percent", "vat_included", "currency")
    if after == written.lines_before and all(values[name] == row[name] for name in terms):
        written.lines = written.lines_before = None
        for name in ("vat_total", "cost", "margin_percent"):
            del written.special[name]
        del written.card["amount"]
        return
    if row["stage_key"] in LOCKED:
        raise Conflict("The client has this offer; move it to rework before you change its terms")
    if row["approval_status"] in ("approved", "rejected"):
        written.special |= {"approval_status": "none", "approval_by_id": None, "approval_at": None}


def _demand_one_tie(written: Written, row: Mapping[str, Any]) -> None:
    """An offer is hung on one card; the deal that it opens when it is accepted comes beside."""
    values = written.over(row)
    ties = [name for name in TIES if values.get(name) is not None]
    new = any(written.special.get(name) not in (None, row.get(name)) for name in TIES)
    if len(ties) > 1 and (new or "id" not in row):
        raise pointed(
            "an offer hangs on one card: a lead, a deal or a renewal", f"/{ties[1]}", BadRequest
        )


def _price(
    written: Written, lines: list[dict[str, Any]], row: Mapping[str, Any], currency: str
) -> None:
    """Totals of the lines, into the lines and the offer's columns."""
    discount = written.special.get("discount_percent", row["discount_percent"])
    if discount > 10_000 or discount < 0:
        raise pointed("a discount lies between 0 and 100 per cent", "/discount_percent")
    included = written.special.get("vat_included", row["vat_included"])
    sums = rules.totals(
        tuple(
            OfferLine(
                quantity=line["quantity"], price=line["price"],
                discount_percent=line["discount_percent"], vat_rate=line["vat_rate"],
                cost=line["cost"] if line["cost_currency"] == currency else None,
            )
            for line in lines
        ),
        discount, included,
    )  # fmt: skip
    if max(sums.total, sums.cost or 0) > money.LARGEST:
        raise pointed("the total is too large", "/lines")
    written.lines = [
        {**line, "total": total} for line, total in zip(lines, sums.lines, strict=True)
    ]
    written.card["amount"] = sums.total if lines else None
    written.special |= {
        "vat_total": sums.vat_total, "cost": sums.cost, "margin_percent": sums.margin_percent,
    }  # fmt: skip


async def _lines(tx: Unit, lines: Sequence[OfferLineFields], currency: str) -> list[dict[str, Any]]:
    wanted = {line.product_id for line in lines if line.product_id is not None}
    known = await catalog.present(tx, wanted) if wanted else {}
    return [_line(line, known, currency, index) for index, line in enumerate(lines)]


def _line(
    line: OfferLineFields, known: Mapping[int, Mapping[str, Any]], currency: str, index: int
) -> dict[str, Any]:
    place = f"/lines/{index}"
    found: Mapping[str, Any] = {}
    if line.product_id is not None:
        if line.product_id not in known:
            raise pointed("There is no such product", f"{place}/product_id", NotFound)
        found = known[line.product_id]
    quantity = money.scaled(line.quantity, 3, f"{place}/quantity")
    discount = money.scaled(line.discount_percent, 2, f"{place}/discount_percent")
    if quantity <= 0:
        raise pointed("a quantity must be more than 0", f"{place}/quantity")
    if not 0 <= discount <= 10_000:
        raise pointed("a discount lies between 0 and 100 per cent", f"{place}/discount_percent")
    description = found.get("name") if line.description is UNSET else line.description
    if not description:
        raise pointed("a line needs a product or a description", f"{place}/description")
    return {
        "position": index + 1, "product_id": line.product_id, "description": description,
        "quantity": quantity, "unit": found.get("unit") if line.unit is UNSET else line.unit,
        "price": _line_price(line, found, currency, place), "discount_percent": discount,
        "vat_rate": _vat(line, found, place), "cost": found.get("cost"),
        "cost_currency": found.get("currency"),
    }  # fmt: skip


def _line_price(line: OfferLineFields, found: Mapping[str, Any], currency: str, place: str) -> int:
    if line.price is not UNSET:
        return money.minor(line.price, currency, f"{place}/price")
    if found.get("price") is None or found["currency"] != currency:
        raise pointed(f"there is no price in {currency} for this line; give one", f"{place}/price")
    return int(found["price"])


def _vat(line: OfferLineFields, found: Mapping[str, Any], place: str) -> int | None:
    if line.vat_rate is UNSET:
        return found.get("vat_rate")
    if line.vat_rate is None:
        return None
    rate = money.scaled(line.vat_rate, 2, f"{place}/vat_rate")
    if not 0 <= rate <= 10_000:
        raise pointed("a VAT rate lies between 0 and 100 per cent", f"{place}/vat_rate")
    return rate


def _plain(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in queries.LINE}


async def write_lines(tx: Unit, offer_id: int, written: Written) -> None:
    """Replace the lines of an offer."""
    if written.lines is None:
        return
    await tx.run(delete(offer_line).where(offer_line.c.offer_id == offer_id))
    if written.lines:
        rows = [{"offer_id": offer_id, **_plain(line)} for line in written.lines]
        await tx.run(insert(offer_line), rows)


async def keep_revision(
    tx: Unit,
    viewer: Viewer,
    offer_id: int,
    note: str | None,
    content: dict[str, Any] | None = None,
) -> None:
    """Keep terms and lines as they stand (or stood), under the revision that they were."""
    if content is None:
        content = await queries.content(tx, offer_id)
    kept = await tx.scalar(
        select(offer_revision.c.revision)
        .where(offer_revision.c.offer_id == offer_id)
        .order_by(offer_revision.c.revision.desc())
        .limit(1)
    )
    values = {
        "offer_id": offer_id, "revision": (kept or 0) + 1, "at": tx.now, "by_id": viewer.user_id,
        "note": note, "content": content,
    }  # fmt: skip
    await tx.run(insert(offer_revision), values)


async def tie_to_deal(tx: Unit, offer_id: int, deal_id: int | None) -> None:
    """Hang an accepted offer on the deal it opened (None = take that back)."""
    await tx.run(update(offer).where(offer.c.card_id == offer_id).values(deal_id=deal_id))


async def request_approval(
    tx: Unit, viewer: Viewer, offer_id: int, comment: str | None, if_match: int | None
) -> int:
    """Ask a head for his consent."""
    row = await card_queries.locked(tx, viewer, offer, offer_id)
    access.demand_edit(viewer, row["owner_id"], "offer")
    _demand_undecided(row, if_match)
    return await _decide(tx, viewer, row, "requested", comment)


async def decidable(
    tx: Unit, viewer: Viewer, offer_id: int, if_match: int | None
) -> dict[str, Any]:
    """An offer that a head decides about, locked; Forbidden for his own, and for who is no head."""
    row = await card_queries.locked(tx, viewer, offer, offer_id)
    if viewer.writes not in ("team", "all"):
        raise Forbidden("Only a head may approve an offer")
    access.demand_edit(viewer, row["owner_id"], "offer")
    if viewer.user_id == row["owner_id"]:
        raise Forbidden("Nobody approves an offer of his own; ask another head")
    _demand_undecided(row, if_match)
    return row


async def decide(
    tx: Unit,
    viewer: Viewer,
    offer_id: int,
    status: str,
    comment: str | None,
    if_match: int | None,
    **special: Any,
) -> int:
    """A head's consent (`approved`) or refusal (`rejected`), never to his own offer."""
    row = await decidable(tx, viewer, offer_id, if_match)
    return await _decide(tx, viewer, row, status, comment, approval_by_id=viewer.user_id, **special)


def _demand_undecided(row: Mapping[str, Any], if_match: int | None) -> None:
    versions.demand_version(row["version"], if_match)
    if row["stage_key"] in LOCKED:
        raise Conflict("Approval is a matter of offers that are not with the client yet")


async def _decide(
    tx: Unit,
    viewer: Viewer,
    row: Mapping[str, Any],
    status: str,
    comment: str | None,
    **special: Any,
) -> int:
    if row["approval_status"] == status:
        raise Conflict(f"This offer is {status} already")
    special = {
        "approval_by_id": None, **special, "approval_status": status, "approval_at": tx.now,
        "approval_comment": comment,
    }  # fmt: skip
    version = await cards.save(tx, row, offer, cards.touched(tx, viewer, row), special)
    await cards.record(
        tx, viewer, row["id"], row["last_seq"] + 1, EventKind.EDITED, row, comment=comment,
        changes=cards.changes(row, {"approval_status": status}),
    )  # fmt: skip
    changes = cards.logged(row, special)
    await announce(tx, viewer, "updated", "offer", row["id"], version, changes)
    return version
