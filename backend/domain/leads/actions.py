"""What the common code must know of leads."""

from backend.db.models import lead
from backend.domain.cards.kinds import Kind
from backend.domain.leads.schemas import LeadFields

KIND = Kind(
    name="lead",
    table=lead,
    fields=LeadFields,
    money=frozenset({"amount", "competitor_price", "budget"}),
)
