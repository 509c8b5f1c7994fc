"""All that the page of a card shows, or that of a client."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from backend.domain.agreements.schemas import Agreement
from backend.domain.cards.schemas import Kind
from backend.domain.clients.schemas import Client
from backend.domain.contacts.schemas import Contact
from backend.domain.deals.schemas import Deal
from backend.domain.leads.schemas import Lead
from backend.domain.offers.schemas import Offer
from backend.domain.pipelines.schemas import StageOut
from backend.domain.renewals.passport.schemas import PassportTerm
from backend.domain.renewals.schemas import Renewal
from backend.domain.sheets.rules import Came
from backend.domain.tasks.schemas import Task
from backend.domain.timeline.schemas import Moments


class Step(Struct, frozen=True, kw_only=True):
    """A stage on the way of a card; `can` says whether it may go there now."""

    id: int
    name: str
    kind: Literal["holding", "open", "detour", "won", "lost"]
    place: Literal["past", "now", "ahead"]
    can: bool


class Todo(Struct, frozen=True):
    """An open task, by how many days it is late (0: it is not), whether the viewer may do it."""

    task: Task
    late_days: int
    is_late: bool
    can: bool


class Why(Struct, frozen=True, kw_only=True):
    """Why a renewal is in work, or why not yet: its date less the lead time gives the day."""

    came: Came
    renewal_date: date
    lead_time: str
    lead_time_source: Literal["renewal", "agreement", "product", "pipeline"]
    activates_on: date
    activated_at: datetime | None
    original_renewal_date: date
    slips: int
    days_left: int | None
    last_error: str | None


class Beside(Struct, frozen=True, kw_only=True):
    """Another card of the same client."""

    id: int
    kind: Kind
    number: str
    title: str
    stage_name: str
    state: Literal["waiting", "open", "won", "lost"]
    amount: str | None
    currency: str
    owner_name: str
    renewal_date: date | None


class WinBack(Struct, frozen=True, kw_only=True):
    """Of a lost renewal the cards that are to win its client back, newest first; of such a card
    the renewal. `can_open` says whether one more may be opened.
    """

    cards: list[Beside]
    renewal: Beside | None
    can_open: bool


class Sheet(Struct, frozen=True, kw_only=True):
    """A card with everything around it, as far as the viewer may see it."""

    card: Lead | Offer | Deal | Renewal
    stage: StageOut
    steps: list[Step]
    lost: Step | None
    is_waiting: bool
    is_won: bool
    is_lost: bool
    is_explained: bool  # whether the stage says what it means or what to do in it
    is_new: bool
    quiet_days: int
    can_edit: bool
    can_write: bool
    can_undo: bool
    tasks: list[Todo]
    client: Client | None
    contacts: list[Contact]
    others: list[Beside]
    agreement: Agreement | None
    why: Why | None
    win_back: WinBack | None
    moments: Moments


class ClientSheet(Struct, frozen=True, kw_only=True):
    """A client with everything around him, as far as the viewer may see it."""

    client: Client
    can_edit: bool
    can_write: bool
    tasks: list[Todo]
    contacts: list[Contact]
    cards: list[Beside]
    agreements: list[Agreement]
    moments: Moments


class AgreementSheet(Struct, frozen=True, kw_only=True):
    """An agreement with the chain of its terms, as far as the viewer may see it.

    `next` is the term that waits or is open, with the formula of its day; an orphan has none,
    though it runs: `proposed` is the date that its period gives. `span` is what the chain covers,
    from the first day told to the last.
    """

    agreement: Agreement
    terms: list[PassportTerm]
    next: Renewal | None
    why: Why | None
    is_orphan: bool
    proposed: date | None
    can_edit: bool
    span: tuple[date, date] | None
    today: date
