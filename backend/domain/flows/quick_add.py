"""A card from one line on a board: whom it is about and what, the client made where he is new."""

from decimal import Decimal
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards.schemas import StageRef, Title
from backend.domain.clients import actions as clients
from backend.domain.clients.names import queries as names
from backend.domain.clients.schemas import ClientCreate
from backend.domain.deals.schemas import DealCreate
from backend.domain.leads.schemas import LeadCreate
from backend.domain.moves import creating
from backend.domain.offers.schemas import OfferCreate

Whom = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]


class QuickCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line: the name of a client (of a company, for a lead), a subject, perhaps an amount."""

    stage: StageRef
    pipeline: StageRef
    whom: Whom
    title: Title
    amount: Decimal | None = None


async def add(tx: Unit, viewer: Viewer, kind: str, line: QuickCard) -> int:
    """Make a lead, an offer or a deal at the top of its column; its id.

    An offer's amount comes of its lines.
    """
    common: dict[str, Any] = {
        "title": line.title, "pipeline": line.pipeline, "stage": line.stage
    }  # fmt: skip
    given: LeadCreate | OfferCreate | DealCreate
    if kind == "lead":
        given = LeadCreate(**common, company_name=line.whom, amount=line.amount)
    else:
        client_id = await client_of(tx, viewer, line.whom)
        if kind == "offer":
            given = OfferCreate(**common, client_id=client_id)
        else:
            amount = UNSET if line.amount is None else line.amount
            given = DealCreate(**common, client_id=client_id, amount=amount)
    return await creating.create(tx, viewer, kind, given, end="top")


async def client_of(tx: Unit, viewer: Viewer, name: str) -> int:
    """The client of this very name whom the caller may see, else a new one."""
    known = await names.named(tx, viewer, name)
    if known is not None:
        return known
    return await clients.create(tx, viewer, ClientCreate(name=name.strip()))
