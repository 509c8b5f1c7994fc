"""Offers: drafted, approved where they must be, reworked, accepted or declined."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from msgspec import UNSET

from backend.db.session import Unit
from backend.demo import cast
from backend.demo.closing import lose
from backend.demo.play import Patron, Play, Seller
from backend.domain.moves import approving, creating
from backend.domain.offers import actions as offers
from backend.domain.offers import queries as offer_queries
from backend.domain.offers.schemas import (
    ApproveRequest,
    OfferCreate,
    OfferFields,
    OfferLineFields,
)

FOUND_OUT = 0.08  # of the heads' decisions are a no at first


@dataclass
class Proposal:
    """An offer on its way."""

    owner: Seller
    patron: Patron
    lead_id: int | None = None
    deal_id: int | None = None
    renewal_id: int | None = None
    id: int = 0
    rounds: int = 0


async def begin(tx: Unit, play: Play, proposal: Proposal) -> None:
    """A draft with a few lines."""
    chance, generous = play.chance, proposal.owner.habit.generous
    wares = chance.sample(cast.WARES, chance.choice((1, 2, 2, 3)))
    lines = [
        OfferLineFields(
            product_id=play.wares[ware.sku], quantity=Decimal(chance.randint(1, 3)),
            discount_percent=Decimal(chance.randint(0, generous) if play.happens(0.5) else 0),
        )
        for ware in wares
    ]  # fmt: skip
    ties = {
        name: value
        for name in ("lead_id", "deal_id", "renewal_id")
        if (value := getattr(proposal, name)) is not None
    }
    given = OfferCreate(
        title=", ".join(ware.name for ware in wares), client_id=proposal.patron.id,
        lines=lines, delivery_days=chance.choice((3, 7, 14, 30)),
        payment_terms=chance.choice(("100 % предоплата", "50/50", "Отсрочка 14 дней")), **ties,
    )  # fmt: skip
    proposal.id = await creating.create(tx, proposal.owner.viewer, "offer", given)
    slow = proposal.owner.habit.slow
    if play.happens(0.03):  # a few drafts stay where they are
        play.at(play.found_late(tx.now), lambda tx: _decline(tx, play, proposal))
    else:
        play.at(play.later(tx.now, 0.1, 2 * slow), lambda tx: _request(tx, play, proposal))


async def _move(tx: Unit, play: Play, proposal: Proposal, stage: str, **given: Any) -> None:
    await play.move(tx, proposal.owner.viewer, "offer", proposal.id, stage, **given)


async def _request(tx: Unit, play: Play, proposal: Proposal) -> None:
    await _move(tx, play, proposal, "request")
    await _price(tx, play, proposal)


async def _price(tx: Unit, play: Play, proposal: Proposal) -> None:
    """The offer goes out by itself, or by way of the head."""
    shown = await offer_queries.one(tx, proposal.owner.viewer, proposal.id)
    slow = proposal.owner.habit.slow
    thin = shown.margin_percent is not None and Decimal(shown.margin_percent) < 15
    over = any(Decimal(line.discount_percent) > 10 for line in shown.lines)
    if shown.approval.status == "none" and (thin or over):
        await offers.request_approval(tx, proposal.owner.viewer, proposal.id, None, None)
    if shown.approval.status == "requested" or thin or over:
        play.at(play.later(tx.now, 0.1, 1.5), lambda tx: _decide(tx, play, proposal))
    else:
        play.at(play.later(tx.now, 0.1, 1.5 * slow), lambda tx: _send(tx, play, proposal))


async def _decide(tx: Unit, play: Play, proposal: Proposal) -> None:
    head = proposal.owner.head
    if play.happens(FOUND_OUT):
        why = "Скидка велика: предложите меньше"
        await offers.decide(tx, head, proposal.id, "rejected", why, None)
        terms = ApproveRequest(fields=OfferFields(bonus="Обучение в подарок"), comment="Так можно")
        play.at(play.later(tx.now, 0.5, 2), lambda tx: _ask_again(tx, play, proposal, terms))
        return
    await approving.approve(tx, head, proposal.id, ApproveRequest(), None)
    play.at(play.later(tx.now, 0.1, 1), lambda tx: _send(tx, play, proposal))


async def _ask_again(tx: Unit, play: Play, proposal: Proposal, terms: ApproveRequest) -> None:
    await offers.request_approval(tx, proposal.owner.viewer, proposal.id, "Без бонуса уйдут", None)
    await approving.approve(tx, proposal.owner.head, proposal.id, terms, None)
    play.at(play.later(tx.now, 0.1, 1), lambda tx: _send(tx, play, proposal))


async def _send(tx: Unit, play: Play, proposal: Proposal) -> None:
    await _move(tx, play, proposal, "sent")
    habit = proposal.owner.habit
    when = play.later(tx.now, 1.5, 11 * habit.slow)
    accepted = 0.52 * habit.luck
    if play.happens(0.05 * habit.slow):  # forgotten
        play.at(play.found_late(tx.now), lambda tx: _decline(tx, play, proposal))
    elif proposal.rounds < 3 and play.happens(0.28):
        play.at(when, lambda tx: _rework(tx, play, proposal))
    elif play.happens(accepted):
        play.at(when, lambda tx: _accept(tx, play, proposal))
    else:
        play.at(when, lambda tx: _decline(tx, play, proposal))


async def _rework(tx: Unit, play: Play, proposal: Proposal) -> None:
    proposal.rounds += 1
    fields = {"discount_percent": str(play.chance.randint(1, 5))} if play.happens(0.6) else {}
    note = play.chance.choice(cast.CHANGED)
    await _move(tx, play, proposal, "rework", comment=note, fields=fields)
    shown = await offer_queries.one(tx, proposal.owner.viewer, proposal.id)
    if needs_consent(shown):
        await offers.request_approval(tx, proposal.owner.viewer, proposal.id, note, None)
        play.at(play.later(tx.now, 0.1, 1.5), lambda tx: _decide(tx, play, proposal))
    else:
        play.at(play.later(tx.now, 0.2, 2.5), lambda tx: _send(tx, play, proposal))


def needs_consent(shown: Any) -> bool:
    """Whether an offer goes beyond what sellers may by themselves."""
    whole = Decimal(shown.discount_percent)
    least = min((100 - Decimal(line.discount_percent) for line in shown.lines), default=100)
    over = least * (100 - whole) < 90 * 100
    return over or (shown.margin_percent is not None and Decimal(shown.margin_percent) < 15)


async def _accept(tx: Unit, play: Play, proposal: Proposal) -> None:
    """The client says yes: what the offer hangs on follows, and is to be paid."""
    await _move(tx, play, proposal, "accepted")
    if proposal.renewal_id is not None:
        return
    shown = await offer_queries.one(tx, proposal.owner.viewer, proposal.id)
    assert shown.deal_id is not None
    deal_id, owner, patron = shown.deal_id, proposal.owner, proposal.patron
    step = ACCEPTED["pay"]
    play.at(play.later(tx.now, 2, 16), lambda tx: step(tx, play, owner, patron, deal_id))


async def _decline(tx: Unit, play: Play, proposal: Proposal) -> None:
    """The client says no; what the offer hung on is usually lost with it."""
    await lose(tx, play, proposal.owner.viewer, "offer", proposal.id)
    if proposal.lead_id is not None:
        _after_no(tx, play, proposal, "lead", proposal.lead_id)
    elif proposal.deal_id is not None:
        _after_no(tx, play, proposal, "deal", proposal.deal_id)


def _after_no(tx: Unit, play: Play, proposal: Proposal, kind: str, card_id: int) -> None:
    owner, patron = proposal.owner, proposal.patron
    if play.happens(0.2) and proposal.rounds < 2:
        again = Proposal(owner, patron, proposal.lead_id, proposal.deal_id)
        again.rounds = proposal.rounds + 1
        play.at(play.later(tx.now, 2, 9), lambda tx: begin(tx, play, again))
    else:
        when = play.later(tx.now, 0.05, 3)
        play.at(when, lambda tx: lose(tx, play, owner.viewer, kind, card_id))


# What comes after an accepted offer; told by the sales, which know of offers.
ACCEPTED: dict[str, Any] = {"pay": UNSET}
