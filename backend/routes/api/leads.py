"""Leads in REST."""

from litestar import Router

from backend.domain.leads import queries
from backend.domain.leads.schemas import Lead, LeadCreate, LeadFields, LeadFilters, LeadRow, Leads
from backend.routes.api import cards

RESOURCE = cards.Resource(
    kind="lead", plural="leads", queries=queries, row=LeadRow, page=Leads, filters=LeadFilters,
    create=LeadCreate, fields=LeadFields, one=Lead,
)  # fmt: skip

router = Router("/leads", route_handlers=cards.routes(RESOURCE), tags=["Leads"])
