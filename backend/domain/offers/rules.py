"""An offer's arrows, approval, totals and what follows from its moves. Pure."""

from datetime import date

from msgspec import Struct, structs

from backend.domain import stages
from backend.domain.calendar import Period, shift
from backend.domain.cards.follow_ups import FollowUp, KeepRevision, MoveCard, OpenDeal
from backend.domain.cards.plans import Plan, Situation, common
from backend.domain.money import divide, less_percent, times
from backend.domain.tasks.rules import on_entering
from backend.errors import FieldNeeded, MoveRefused

# The only arrows there are. They are stored as the `from_stages` of the fixed pipeline.
ARROWS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "request": ("draft",),
    "sent": ("request", "rework"),
    "rework": ("sent",),
    "accepted": ("sent",),
    "declined": ("draft", "request", "sent", "rework"),
}
STATUS = {
    "draft": "draft", "request": "request", "sent": "sent", "rework": "rework",
    "accepted": "closed", "declined": "closed",
}  # fmt: skip

# Where the card that an offer hangs on goes, by the stage the offer enters.
LEAD_FOLLOWS = {"draft": "offering", "accepted": "client"}
DEAL_FOLLOWS = {"sent": "offer", "rework": "negotiation", "accepted": "invoice"}
RENEWAL_FOLLOWS = {"accepted": "invoice_required"}
DEAL_OF_ITS_OWN = "invoice"
UNLOCKING = "rework"  # the stage that lets the terms be changed that the client has

LOWEST_MARGIN = -(10**9)  # a price of next to nothing; any lower one is told as this


class OfferLine(Struct, frozen=True, kw_only=True):
    """A line: price and cost in minor units for one unit, quantity in thousandths."""

    quantity: int
    price: int
    discount_percent: int
    vat_rate: int | None
    cost: int | None


class Totals(Struct, frozen=True):
    """The sums of an offer in minor units; margin in hundredths of a per cent."""

    lines: tuple[int, ...]
    total: int
    vat_total: int
    cost: int | None
    margin_percent: int | None


class Terms(Struct, frozen=True, kw_only=True):
    """What the rules need to know about an offer that moves; percentages in hundredths."""

    offer_id: int
    title: str
    client_id: int | None
    amount: int | None
    currency: str
    lead_id: int | None
    deal_id: int | None
    renewal_id: int | None
    discount_percent: int
    line_discounts: tuple[int, ...]
    margin_percent: int | None
    revision: int
    rework_count: int
    approval_status: str
    approval_mode: str
    discount_limit: int
    margin_floor: int


def totals(lines: tuple[OfferLine, ...], discount: int, vat_included: bool) -> Totals:
    """Line totals after both discounts, VAT inside or on top, cost and margin.

    A line's total is price × quantity, less its own and then the offer's discount, each rounded
    half-even. An unknown cost of any line leaves cost and margin unknown.
    """
    sums = tuple(
        less_percent(
            less_percent(times(line.price, line.quantity), line.discount_percent), discount
        )
        for line in lines
    )
    vat = 0
    for line, value in zip(lines, sums, strict=True):
        rate = line.vat_rate or 0
        vat += divide(value * rate, 10_000 + rate) if vat_included else divide(value * rate, 10_000)
    total = sum(sums) + (0 if vat_included else vat)
    costs = [None if line.cost is None else times(line.cost, line.quantity) for line in lines]
    known = [value for value in costs if value is not None]
    cost = sum(known) if lines and len(known) == len(costs) else None
    net = total - vat
    margin = None
    if cost is not None and net > 0:
        margin = max(divide((net - cost) * 10_000, net), LOWEST_MARGIN)
    return Totals(sums, total, vat, cost, margin)


def needs_approval(terms: Terms) -> bool:
    """Whether the offer may be sent only with a head's consent."""
    if terms.approval_mode == "always":
        return True
    if terms.approval_mode == "never":
        return False
    # Both discounts of a line together, exactly: 10 % and then 10 % take 19 % off.
    kept = 10_000 - terms.discount_percent
    least = min((10_000 - own for own in terms.line_discounts), default=10_000) * kept
    over = least < (10_000 - terms.discount_limit) * 10_000
    thin = terms.margin_percent is not None and terms.margin_percent < terms.margin_floor
    return over or thin


def prefilled(situation: Situation, validity: Period) -> dict[str, date]:
    """An offer that is sent is valid for the company's usual time unless it says otherwise."""
    if situation.target.key != "sent" or situation.values["valid_until"] is not None:
        return {}
    return {"valid_until": shift(situation.today, validity)}


def plan(situation: Situation, terms: Terms, validity: Period) -> Plan:
    """An offer's move with the cards that follow it."""
    special: dict[str, object] = {**prefilled(situation, validity)}
    base = common(structs.replace(situation, values={**situation.values, **special}))
    key = situation.target.key
    follow_ups: list[FollowUp] = []
    if key == "request" and needs_approval(terms) and terms.approval_status == "none":
        special["approval_status"] = "requested"
    if key == "sent":
        _demand_approval(situation, terms)
        special["sent_at"] = situation.now
    if key == "rework":
        note = (situation.given.comment or "").strip()
        if not note:
            raise FieldNeeded(
                "“Rework” needs one line that says what changed",
                missing_fields=["comment"],
                suggested_action="send `comment` with the move",
            )
        # New terms need a new look, so the consent given to the old ones does not carry over.
        special |= {
            "revision": terms.revision + 1, "rework_count": terms.rework_count + 1,
            "rework_note": note, "approval_status": "none", "approval_by_id": None,
            "approval_at": None, "approval_comment": None,
        }  # fmt: skip
        follow_ups.append(KeepRevision(offer_id=terms.offer_id, note=note))
    follow_ups += [*following(terms, key), *on_entering("offer", key, terms.offer_id)]
    return Plan(path=base.path, card=base.card, special=special, follow_ups=tuple(follow_ups))


def _demand_approval(situation: Situation, terms: Terms) -> None:
    if terms.approval_status == "approved" or not needs_approval(terms):
        return
    if terms.approval_status == "rejected":
        why = "The head did not approve this offer; change the terms and ask again"
    else:
        why = "This offer goes beyond your limits and needs a head's approval before it is sent"
    target, reopens = situation.target, situation.reopens
    possible = stages.allowed(situation.origin, situation.stages, reopens=reopens)
    raise MoveRefused(
        why,
        allowed_stages=stages.as_choices(stage for stage in possible if stage.id != target.id),
        suggested_action="POST /offers/{id}/request-approval",
    )


def following(terms: Terms, key: str) -> list[FollowUp]:
    """The cards that follow an offer into a stage."""
    ties = (
        (terms.lead_id, "lead", LEAD_FOLLOWS),
        (terms.deal_id, "deal", DEAL_FOLLOWS),
        (terms.renewal_id, "renewal", RENEWAL_FOLLOWS),
    )
    found: list[FollowUp] = [
        MoveCard(card_id=card_id, kind=kind, stage_key=table[key])
        for card_id, kind, table in ties
        if card_id is not None and key in table
    ]
    # A lead has no stage for invoices: the sale it becomes goes on as a deal.
    if key == "accepted" and terms.deal_id is None and terms.renewal_id is None:
        found.append(
            OpenDeal(
                offer_id=terms.offer_id,
                title=terms.title,
                client_id=terms.client_id,
                amount=terms.amount,
                currency=terms.currency,
                stage_key=DEAL_OF_ITS_OWN,
            )
        )
    return found
