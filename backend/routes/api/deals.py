"""Deals in REST."""

from litestar import Router

from backend.domain.deals import queries
from backend.domain.deals.schemas import (
    Deal,
    DealCreate,
    DealFields,
    DealFilters,
    DealRow,
    Deals,
    DealUpsert,
)
from backend.routes.api import cards

RESOURCE = cards.Resource(
    kind="deal", plural="deals", queries=queries, row=DealRow, page=Deals, filters=DealFilters,
    create=DealCreate, fields=DealFields, one=Deal, upsert=DealUpsert,
)  # fmt: skip

router = Router("/deals", route_handlers=cards.routes(RESOURCE), tags=["Deals"])
