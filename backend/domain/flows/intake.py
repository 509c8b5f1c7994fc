"""A site form becomes a lead of the token's user."""

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards.rules import number
from backend.domain.leads.schemas import IntakeReceipt, LeadCreate, LeadIntake
from backend.domain.moves import creating
from backend.domain.texts import given as sent
from backend.errors import pointed

SOURCE = "website"
# What a lead is called: the first of these that the form says.
NAMES = ("title", "company_name", "contact_name", "need", "email", "phone", "messenger")
LONGEST = 255


async def take(tx: Unit, viewer: Viewer, form: LeadIntake) -> IntakeReceipt:
    """Make a lead from what a person wrote; BadRequest for a form that says nothing at all."""
    said = {name: value for name, value in sent(form).items() if value is not None}
    title = next((said[name] for name in NAMES if name in said), None)
    if title is None:
        raise pointed("the form is empty: send a name, a phone, an e-mail or a need", "/")
    fields = LeadCreate(**{"source": SOURCE, **said, "title": title[:LONGEST]})
    return IntakeReceipt(number("lead", await creating.create(tx, viewer, "lead", fields)))
