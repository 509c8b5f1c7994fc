"""What the model knows: cards, agreements and churn, by their number in the order of making."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

STAGES = {
    "lead": ("new", "contacted", "qualified", "presentation", "offering", "client", "closed"),
    "offer": ("draft", "request", "sent", "rework", "accepted", "declined"),
    "deal": ("needs", "offer", "negotiation", "invoice", "won", "lost"),
    "renewal": (
        "scheduled", "invoice_required", "invoice_sent", "payment_received", "not_renewed",
    ),
}  # fmt: skip
STATE = {
    "scheduled": "waiting", "client": "won", "accepted": "won", "won": "won",
    "payment_received": "won", "closed": "lost", "declined": "lost", "lost": "lost",
    "not_renewed": "lost",
}  # fmt: skip
Made = list[tuple[Any, ...]]


class Refused(Exception):
    """The product must refuse; named as its error is."""


def demand(fulfilled: object, otherwise: str) -> None:
    if not fulfilled:
        raise Refused(otherwise)


@dataclass
class Last:
    """A move that was the last thing done to a card: by whom, when, from what, what it made."""

    by: str
    at: datetime
    before: "Card"
    made: Made


@dataclass
class Card:
    """A card with what is special to its kind."""

    kind: str
    stage: str
    owner: str
    client: int
    title: str = "Card"
    amount: int | None = 10_000
    version: int = 1
    deleted: bool = False
    complete: bool = True  # a lead with its contact and its need
    ties: dict[str, int] = field(default_factory=dict)  # what an offer hangs on
    when: date | None = None  # what a deal says about renewing
    period: str | None = None
    one_off: bool = False
    agreement: int = -1
    cycle: int = 0
    due: date = date.min
    active: date = date.min
    slips: int = 0
    previous: int | None = None
    withdrawn: bool = False
    last: Last | None = None
    closing: Made = field(default_factory=list)  # what the move that closed it had made

    @property
    def state(self) -> str:
        return STATE.get(self.stage, "open")

    @property
    def closed(self) -> bool:
        return self.state in ("won", "lost")

    @property
    def place(self) -> int:
        return STAGES[self.kind].index(self.stage)


@dataclass
class Agreement:
    """What renews: its anchor, and whether it runs."""

    client: int
    owner: str
    anchor: date
    cycle: int
    period: str | None
    lead: str = "P1M"
    runs: bool = True
    version: int = 1
    deleted: bool = False


@dataclass
class Churn:
    """An interval in which a client is gone."""

    client: int
    opened: date
    closed: date | None = None
    void: bool = False


@dataclass
class Given:
    """What comes with a move."""

    reason: bool = False
    comment: bool = False
    when: date | None = None
    period: str | None = None
    one_off: bool = False
    ends: bool = False


@dataclass
class Model:
    """All there is."""

    now: datetime
    cards: list[Card] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    churns: list[Churn] = field(default_factory=list)

    @property
    def today(self) -> date:
        return (self.now + timedelta(hours=3)).date()  # in Moscow

    def attempt(self, work: Callable[["Model"], object]) -> tuple["Model", str | None]:
        """The model after a piece of work, or as it was with the name of the refusal."""
        after = deepcopy(self)
        try:
            work(after)
        except Refused as refusal:
            return self, str(refusal)
        return after, None

    def his(self, viewer: str, number: int, *, deleted: bool = False) -> Card:
        """A card as a viewer may write it: the admin any, the manager his own."""
        card = self.cards[number]
        demand(viewer == "anna" or card.owner == viewer, "NotFound")
        demand(deleted or not card.deleted, "NotFound")
        return card

    def holds(self, client: int, but: int = -1) -> bool:
        """Whether a client has a running agreement."""
        return any(
            a.client == client and a.runs and not a.deleted and number != but
            for number, a in enumerate(self.agreements)
        )
