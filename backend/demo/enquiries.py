"""Leads: from an enquiry to a client, or to a reason."""

from dataclasses import dataclass
from decimal import Decimal

from backend.db.session import Unit
from backend.demo import cast, people
from backend.demo.closing import forget, lose
from backend.demo.play import Patron, Play, Seller
from backend.demo.proposals import Proposal, begin
from backend.demo.sales import pursue
from backend.domain.flows.convert import convert
from backend.domain.leads.schemas import ConvertRequest, LeadCreate, LeadFields, NewDeal
from backend.domain.moves import creating, editing


@dataclass
class Lead:
    """An enquiry on its way."""

    id: int
    owner: Seller
    firm: str
    abroad: bool
    contact: str
    budget: int


async def arrive(tx: Unit, play: Play) -> None:
    """Somebody gets in touch."""
    chance, owner = play.chance, people.seller(play)
    name, abroad = people.firm(chance)
    contact, _ = people.person(chance, abroad)
    budget = chance.randint(3, 90) * 10_000
    need = chance.choice(cast.NEEDS)
    given = LeadCreate(
        title=need, contact_name=contact, company_name=name,
        phone=people.phone(chance, abroad), email=f"lead{chance.randint(1, 10**6)}@mail.example",
        source=play.pick(cast.SOURCES), owner_id=owner.id,
        temperature=chance.choice(("cold", "warm", "warm", "hot")),
    )  # fmt: skip
    lead_id = await creating.create(tx, owner.viewer, "lead", given)
    lead = Lead(lead_id, owner, name, abroad, contact, budget)
    if play.happens(0.025):
        step = _void
    elif play.happens(0.96 if owner.habit.slow < 1.4 else 0.86):
        step = _talk
    else:
        step = _unanswered
    when = play.later(tx.now, 0.02, 1.6 * owner.habit.slow)
    play.at(when, lambda tx: step(tx, play, lead))


async def _void(tx: Unit, play: Play, lead: Lead) -> None:
    await lose(tx, play, lead.owner.viewer, "lead", lead.id, "spam_test")


async def _unanswered(tx: Unit, play: Play, lead: Lead) -> None:
    when = play.later(tx.now, 4, 15)
    play.at(when, lambda tx: lose(tx, play, lead.owner.viewer, "lead", lead.id, "no_answer"))


async def _talk(tx: Unit, play: Play, lead: Lead) -> None:
    await play.move(tx, lead.owner.viewer, "lead", lead.id, "contacted")
    _go_on(tx, play, lead, _qualify, 0.74, 1, 6)


def _go_on(
    tx: Unit, play: Play, lead: Lead, step: object, share: float, least: float, most: float
) -> None:
    """The next step, or the end of it; now and then a lead is simply forgotten."""
    habit = lead.owner.habit
    when = play.later(tx.now, least, most * habit.slow)
    if play.happens(0.02 * habit.slow):
        forget(tx, play, lead.owner.viewer, "lead", lead.id)
    elif play.happens(min(share * habit.luck, 0.97)):
        play.at(when, lambda tx: step(tx, play, lead))  # type: ignore[operator]
    else:
        play.at(when, lambda tx: lose(tx, play, lead.owner.viewer, "lead", lead.id))


async def _qualify(tx: Unit, play: Play, lead: Lead) -> None:
    fields = {
        "need": play.chance.choice(cast.NEEDS), "price_level_agreed": True,
        "budget": str(lead.budget),
    }  # fmt: skip
    viewer = lead.owner.viewer
    await play.move(tx, viewer, "lead", lead.id, "qualified", fields=fields)
    if play.happens(0.13):  # whoever knows what he wants needs no presentation
        _go_on(tx, play, lead, _offer, 0.8, 1, 5)
    else:
        _go_on(tx, play, lead, _present, 0.78, 2, 8)


async def _present(tx: Unit, play: Play, lead: Lead) -> None:
    await play.move(tx, lead.owner.viewer, "lead", lead.id, "presentation")
    if play.happens(0.07):
        play.at(play.later(tx.now, 1, 3), lambda tx: _back(tx, play, lead))
    elif play.happens(0.3):
        _go_on(tx, play, lead, _convert, 0.7, 2, 9)
    else:
        _go_on(tx, play, lead, _offer, 0.72, 2, 9)


async def _back(tx: Unit, play: Play, lead: Lead) -> None:
    await play.move(tx, lead.owner.viewer, "lead", lead.id, "qualified")
    _go_on(tx, play, lead, _offer, 0.6, 3, 12)


async def _client(tx: Unit, play: Play, lead: Lead) -> Patron:
    return await people.meet(tx, play, lead.owner, lead.firm, lead.abroad, lead.contact)


async def _offer(tx: Unit, play: Play, lead: Lead) -> None:
    """The company becomes a client, and an offer is made; the lead follows by itself."""
    patron = await _client(tx, play, lead)
    fields = LeadFields(client_id=patron.id, contact_id=patron.contacts[0])
    await editing.edit(tx, lead.owner.viewer, "lead", lead.id, fields, None)
    proposal = Proposal(owner=lead.owner, patron=patron, lead_id=lead.id)
    await begin(tx, play, proposal)


async def _convert(tx: Unit, play: Play, lead: Lead) -> None:
    """A lead that is won without an offer: the deal begins at once."""
    patron = await _client(tx, play, lead)
    deal = NewDeal(amount=Decimal(lead.budget), contact_id=patron.contacts[0])
    given = ConvertRequest(client_id=patron.id, deal=deal)
    made = await convert(tx, lead.owner.viewer, lead.id, given, None)
    assert made.deal_id is not None
    await pursue(tx, play, lead.owner, patron, made.deal_id)
