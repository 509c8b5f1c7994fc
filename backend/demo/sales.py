"""Deals: pursued, negotiated, paid or lost; what renews becomes an agreement."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from backend.db.session import Unit
from backend.demo import cast
from backend.demo.closing import forget, lose
from backend.demo.play import Patron, Play, Seller
from backend.demo.proposals import ACCEPTED, Proposal, begin
from backend.domain.deals import queries as deals
from backend.domain.deals.schemas import DealCreate, ProductLineFields
from backend.domain.moves import creating


async def buy(tx: Unit, play: Play) -> None:
    """A client who is known wants something."""
    chance = play.chance
    if not play.patrons:
        return
    patron = chance.choice(list(play.patrons.values()))
    owner = chance.choice(list(play.sellers.values()))
    ware = chance.choice(cast.WARES)
    quantity = chance.choice((1, 1, 2, 3))
    worth = _worth(play, patron, ware, quantity)
    given = DealCreate(
        title=ware.name, client_id=patron.id,
        contact_id=chance.choice(patron.contacts), owner_id=owner.id, source="returned",
        expected_close_on=(tx.now + timedelta(days=chance.randint(14, 60))).date(),
        **worth,
    )  # fmt: skip
    deal_id = await creating.create(tx, owner.viewer, "deal", given)
    await pursue(tx, play, owner, patron, deal_id, offers="product_lines" in worth)


def _worth(play: Play, patron: Patron, ware: cast.Ware, quantity: int) -> dict[str, Any]:
    if patron.abroad and play.happens(0.6):
        return {"amount": Decimal(ware.price * quantity // 90), "currency": "EUR"}
    line = ProductLineFields(product_id=play.wares[ware.sku], quantity=Decimal(quantity))
    return {"amount": Decimal(ware.price * quantity), "product_lines": [line]}


async def pursue(
    tx: Unit, play: Play, owner: Seller, patron: Patron, deal_id: int, *, offers: bool = True
) -> None:
    """The next step of a deal at its beginning; `offers` are made in the company's currency."""
    slow = owner.habit.slow
    when = play.later(tx.now, 2, 14 * slow)
    if play.happens(0.05 * slow):
        forget(tx, play, owner.viewer, "deal", deal_id)
    elif offers and play.happens(0.55):
        proposal = Proposal(owner=owner, patron=patron, deal_id=deal_id)
        play.at(when, lambda tx: begin(tx, play, proposal))
    elif play.happens(0.8 * owner.habit.luck):
        play.at(when, lambda tx: _negotiate(tx, play, owner, patron, deal_id))
    else:
        play.at(when, lambda tx: lose(tx, play, owner.viewer, "deal", deal_id))


async def _negotiate(tx: Unit, play: Play, owner: Seller, patron: Patron, deal_id: int) -> None:
    stage = "negotiation" if play.happens(0.7) else "offer"
    await play.move(tx, owner.viewer, "deal", deal_id, stage)
    when = play.later(tx.now, 4, 34 * owner.habit.slow)
    if play.happens(0.05 * owner.habit.slow):
        forget(tx, play, owner.viewer, "deal", deal_id)
    elif play.happens(0.66 * owner.habit.luck):
        play.at(when, lambda tx: _invoice(tx, play, owner, patron, deal_id))
    else:
        play.at(when, lambda tx: lose(tx, play, owner.viewer, "deal", deal_id))


async def _invoice(tx: Unit, play: Play, owner: Seller, patron: Patron, deal_id: int) -> None:
    await play.move(tx, owner.viewer, "deal", deal_id, "invoice")
    when = play.later(tx.now, 2, 18)
    play.at(when, lambda tx: pay(tx, play, owner, patron, deal_id))


async def pay(tx: Unit, play: Play, owner: Seller, patron: Patron, deal_id: int) -> None:
    """The invoice is paid, or it is not; what was bought says whether it renews."""
    if play.happens(0.11):
        reason = "not_paid" if play.happens(0.6) else None
        await lose(tx, play, owner.viewer, "deal", deal_id, reason)
        return
    shown = await deals.one(tx, owner.viewer, deal_id)
    renewing = {play.wares[ware.sku] for ware in cast.WARES if ware.period}
    fields: dict[str, Any] = {}
    if not any(line.product_id in renewing for line in shown.product_lines):
        if not shown.product_lines and play.happens(0.45):
            fields = {"renewal_period": play.chance.choice(("P1Y", "P1Y", "P6M"))}
        else:
            fields = {"one_off": True}
    await play.move(tx, owner.viewer, "deal", deal_id, "won", fields=fields)


ACCEPTED["pay"] = pay
