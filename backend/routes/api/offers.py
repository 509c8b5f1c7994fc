"""Offers in REST."""

from litestar import Router

from backend.domain.offers import queries
from backend.domain.offers.schemas import (
    Offer,
    OfferCreate,
    OfferFields,
    OfferFilters,
    OfferRow,
    Offers,
)
from backend.routes.api import cards

RESOURCE = cards.Resource(
    kind="offer", plural="offers", queries=queries, row=OfferRow, page=Offers, filters=OfferFilters,
    create=OfferCreate, fields=OfferFields, one=Offer,
)  # fmt: skip

router = Router("/offers", route_handlers=cards.routes(RESOURCE), tags=["Offers"])
