"""Deals in REST."""

from litestar import Router

from backend.domain.deals import queries
from backend.domain.deals.schemas import (
    Deal,
    DealCreate,
    DealFields,
    DealFilters,
    Deals,
    DealUpsert,
)
from backend.routes.api import cards
from backend.routes.api.records import Shapes

RESOURCE = cards.resource(
    "deal", Shapes(Deal, Deals, DealFilters, DealCreate, DealFields, DealUpsert), queries
)

router = Router("/deals", route_handlers=cards.routes(RESOURCE), tags=["Deals"])
