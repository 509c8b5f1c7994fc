"""Leads as the outside sees and writes them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.cards.schemas import (
    CardFields,
    CardFilters,
    CardRow,
    ExternalId,
    Id,
    Line,
    StageRef,
    Text,
    Title,
    Word,
)
from backend.domain.clients.schemas import ClientFields, Email
from backend.domain.deals.schemas import Deal, DealFields
from backend.domain.offers.schemas import OfferFields

Temperature = Literal["cold", "warm", "hot"]
Grade = Literal["real", "potential", "likely", "unlikely", "archive"]


class LeadRow(CardRow, frozen=True, kw_only=True):
    """A lead in a list."""

    contact_name: str | None
    company_name: str | None
    phone: str | None
    email: str | None
    messenger: str | None
    need: str | None
    budget: str | None
    price_level_agreed: bool
    temperature: Temperature | None
    grade: Grade | None
    is_complete: bool
    suspended_until: date | None


class Lead(LeadRow, frozen=True, kw_only=True):
    """A lead."""


class Leads(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of leads."""

    items: list[LeadRow]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class LeadFields(CardFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a lead."""

    contact_name: Line | None | UnsetType = UNSET
    company_name: Line | None | UnsetType = UNSET
    phone: Word | None | UnsetType = UNSET
    email: Email | None | UnsetType = UNSET
    messenger: Annotated[str, Meta(max_length=128)] | None | UnsetType = UNSET
    need: Text | None | UnsetType = UNSET
    budget: Decimal | None | UnsetType = UNSET
    price_level_agreed: bool | UnsetType = UNSET
    temperature: Temperature | None | UnsetType = UNSET
    grade: Grade | None | UnsetType = UNSET
    suspended_until: date | None | UnsetType = UNSET


class LeadCreate(LeadFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new lead."""

    title: Title
    pipeline: StageRef | UnsetType = UNSET
    stage: StageRef | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET


class LeadUpsert(LeadFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lead by its external id: a new one needs a title, a known one takes what is given."""

    pipeline: StageRef | UnsetType = UNSET
    stage: StageRef | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET


class LeadIntake(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a site form sends; a title is made from the name where none is given."""

    title: Line | None = None
    contact_name: Line | None = None
    company_name: Line | None = None
    phone: Word | None = None
    email: Email | None = None
    messenger: Annotated[str, Meta(max_length=128)] | None = None
    need: Text | None = None
    source: Word | None = None
    external_id: ExternalId | None = None


class IntakeReceipt(Struct, frozen=True):
    """The number a site may show; nothing else of the lead is told."""

    number: str


class NewClient(ClientFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The client that a lead becomes; what is not given is taken from the lead."""


class NewDeal(DealFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The deal that a lead becomes; what is not given is taken from the lead."""

    pipeline: StageRef | UnsetType = UNSET
    stage: StageRef | UnsetType = UNSET


class NewOffer(OfferFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The offer made along with the deal, and hanging on it."""


class ConvertRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Win a lead, with the deal and the offer that follow.

    The client is the one named, else the lead's own, else a new one made from the lead.
    """

    client: NewClient | None = None
    client_id: Id | None = None
    deal: NewDeal | None = None
    offer: NewOffer | None = None


class Converted(Struct, frozen=True, kw_only=True):
    """The lead that was won and what was made from it; the version is the lead's."""

    lead: Lead
    client_id: int
    deal: Deal | None
    offer_id: int | None
    version: int


class LeadFilters(CardFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the list of leads."""

    temperature: Temperature | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    phone: Word | None = None
