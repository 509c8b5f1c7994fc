"""Renewals: agreements of old, and what becomes of each term when its time comes."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from backend.db.session import Unit
from backend.demo import cast
from backend.demo.closing import lose
from backend.demo.play import Patron, Play, Seller
from backend.demo.proposals import Proposal, begin
from backend.domain.agreements.schemas import AgreementCreate
from backend.domain.calendar import Period, shift
from backend.domain.flows import sweep
from backend.domain.ledger import queries as ledger
from backend.domain.moves import renewing, rescheduling
from backend.domain.renewals import queries as renewals
from backend.domain.renewals.schemas import Renewal, RescheduleRequest
from backend.effects import RecordChanged

REMEMBERED = timedelta(days=60)


async def agree(tx: Unit, play: Play, owner: Seller, patron: Patron) -> None:
    """An agreement that was made before the play begins; its next term lies ahead."""
    chance = play.chance
    ware = chance.choice([one for one in cast.WARES if one.period])
    assert ware.period is not None
    span = (shift(tx.now.date(), Period.parse(ware.period)) - tx.now.date()).days
    given = AgreementCreate(
        title=ware.name, client_id=patron.id, owner_id=owner.id,
        renewal_date=tx.now.date() + timedelta(days=chance.randint(5, span)), type=ware.word[:32],
        amount=Decimal(ware.price * chance.choice((1, 1, 2, 3))), period=ware.period,
        product_id=play.wares[ware.sku],
    )  # fmt: skip
    await renewing.create_agreement(tx, owner.viewer, given)


async def dawn(tx: Unit, play: Play, today: date) -> None:
    """The sweep of a day, and what sellers will do with what it brings.

    Of the days long gone on which nothing was due there is no line in the ledger.
    """
    recent = play.ends - tx.now < REMEMBERED
    if not recent and not await ledger.claim(tx, today, 1):
        return
    await sweep.within(tx, "cron", today)
    for effect in list(tx.effects):
        if isinstance(effect, RecordChanged) and effect.kind == "renewal":
            await _take_up(tx, play, effect.id)


async def _take_up(tx: Unit, play: Play, renewal_id: int) -> None:
    shown = await renewals.one(tx, play.worker, renewal_id)
    owner = play.sellers[shown.owner_id]
    slow = owner.habit.slow
    when = play.later(tx.now, 0.3, 7 * slow)
    if play.happens(0.05 * slow):
        _neglect(play, owner, shown)
    elif play.happens(0.05):
        play.at(when, lambda tx: _put_off(tx, play, owner, shown))
    elif play.happens(0.09) and shown.client_id in play.patrons:
        patron = play.patrons[shown.client_id]
        proposal = Proposal(owner=owner, patron=patron, renewal_id=renewal_id)
        play.at(when, lambda tx: begin(tx, play, proposal))
        _settle(tx, play, owner, shown)
    else:
        play.at(when, lambda tx: _bill(tx, play, owner, shown))


async def _bill(tx: Unit, play: Play, owner: Seller, shown: Renewal) -> None:
    fields: dict[str, Any] = {}
    if shown.amount is not None and play.happens(0.5):
        raised = Decimal(shown.amount) * Decimal(play.chance.choice(("1.04", "1.07", "1.1", "0.9")))
        fields = {"amount": str(round(raised, -2).quantize(Decimal(1)))}
    await play.move(tx, owner.viewer, "renewal", shown.id, "invoice_sent", fields=fields)
    _settle(tx, play, owner, shown)


def _settle(tx: Unit, play: Play, owner: Seller, shown: Renewal) -> None:
    """When it is paid, or told that it will not be: around the day it is due."""
    due = datetime.combine(shown.renewal_date, time(12), UTC)
    when = max(due + timedelta(days=play.chance.gauss(-4, 7)), tx.now + timedelta(days=1))
    when = play.later(when, 0, 1)
    if play.happens(0.03):
        _neglect(play, owner, shown)
    elif play.happens(0.84 * min(owner.habit.luck, 1.1)):
        play.at(when, lambda tx: _renew(tx, play, owner, shown))
    else:
        play.at(when, lambda tx: lose(tx, play, owner.viewer, "renewal", shown.id))


def _neglect(play: Play, owner: Seller, shown: Renewal) -> None:
    """Nobody takes care: it becomes overdue, and half of the clients are still there then."""
    when = play.found_late(datetime.combine(shown.renewal_date, time(12), UTC))
    if play.happens(0.5):
        play.at(when, lambda tx: _renew(tx, play, owner, shown))
    else:
        play.at(when, lambda tx: lose(tx, play, owner.viewer, "renewal", shown.id))


async def _renew(tx: Unit, play: Play, owner: Seller, shown: Renewal) -> None:
    period = Period(1, "Y") if shown.period is None else Period.parse(shown.period)
    late = (tx.now.date() - shown.renewal_date).days
    given: dict[str, Any] = {}
    if shown.period is None or shown.slips or late >= play.worker.company.grace_days - 1:
        given["next_renewal_date"] = shift(shown.renewal_date, period)
    await play.move(tx, owner.viewer, "renewal", shown.id, "payment_received", **given)


async def _put_off(tx: Unit, play: Play, owner: Seller, shown: Renewal) -> None:
    """The client asks for a later day."""
    on = shown.renewal_date + timedelta(days=play.chance.choice((14, 30, 45)))
    reason = play.chance.choice(("client_asked", "budget_period", "term_extended"))
    given = RescheduleRequest(renewal_date=on, reason=reason)
    await rescheduling.reschedule(tx, owner.viewer, shown.id, given, None)
    moved = await renewals.one(tx, play.worker, shown.id)
    if moved.state == "open":
        play.at(play.later(tx.now, 1, 5), lambda tx: _bill(tx, play, owner, moved))
