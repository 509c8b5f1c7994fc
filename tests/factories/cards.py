"""Leads, offers, deals and renewals as their create requests."""

from datetime import date
from decimal import Decimal
from typing import Any

from backend.domain.deals.schemas import DealCreate
from backend.domain.leads.schemas import LeadCreate
from backend.domain.offers.schemas import OfferCreate, OfferLineFields
from backend.domain.renewals.schemas import RenewalCreate
from tests.factories.base import RequestFactory, made
from tests.office import Person


class LeadFactory(RequestFactory[LeadCreate]):
    """An enquiry with nothing but its title."""

    title = "Enquiry"


class DealFactory(RequestFactory[DealCreate]):
    """A deal; its client is to be given."""

    title = "Servers"


class LineFactory(RequestFactory[OfferLineFields]):
    """One unit of something for 100."""

    description = "Service"
    price = Decimal(100)


class OfferFactory(RequestFactory[OfferCreate]):
    """A draft with one line and a day until which it holds."""

    title = "Proposal"
    valid_until = date(2026, 6, 30)

    @classmethod
    def lines(cls) -> list[OfferLineFields]:
        return [LineFactory.build()]


class RenewalFactory(RequestFactory[RenewalCreate]):
    """A renewal of 100 due on 9 May 2026; its client is to be given."""

    amount = Decimal(100)
    renewal_date = date(2026, 5, 9)


async def new_lead(person: Person, **fields: Any) -> dict[str, Any]:
    return await made(person, "/leads", LeadFactory, **fields)


async def new_deal(person: Person, **fields: Any) -> dict[str, Any]:
    return await made(person, "/deals", DealFactory, **fields)


async def new_offer(person: Person, **fields: Any) -> dict[str, Any]:
    return await made(person, "/offers", OfferFactory, **fields)


async def new_renewal(person: Person, **fields: Any) -> dict[str, Any]:
    return await made(person, "/renewals", RenewalFactory, **fields)
