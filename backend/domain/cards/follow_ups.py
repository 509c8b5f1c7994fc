"""What a move brings about elsewhere, as data: a kind's rules name it, `moves` carries it out."""

from datetime import date

from msgspec import Struct

from backend.domain.consumption import BY_HAND, Basis, Rate


class CreateAgreement(Struct, frozen=True, kw_only=True):
    """An agreement with its first renewal, waiting; `stated` is what its client uses up."""

    title: str
    product_id: int | None
    anchor_date: date
    anchor_cycle: int
    period: str | None
    renewal_date: date
    amount: int | None
    stated: Rate | None = None
    basis: Basis = BY_HAND


class CreateRenewal(Struct, frozen=True, kw_only=True):
    """The next renewal of an agreement, waiting."""

    agreement_id: int
    cycle: int
    renewal_date: date
    basis: Basis = BY_HAND


class Refill(Struct, frozen=True, kw_only=True):
    """The client has bought more of what he uses up: his pending renewal falls due later."""

    agreement_id: int
    renewal_id: int
    cycle: int
    renewal_date: date
    period: str | None
    amount: int
    stated: Rate | None
    basis: Basis


class Reanchor(Struct, frozen=True, kw_only=True):
    """A new anchor, and perhaps a new period, of an agreement."""

    agreement_id: int
    anchor_date: date
    anchor_cycle: int
    period: str | None


class Rehome(Struct, frozen=True, kw_only=True):
    """The terms of an agreement wait in another pipeline from now on, under its lead time."""

    agreement_id: int
    pipeline_id: int


class EndAgreement(Struct, frozen=True, kw_only=True):
    """No further renewal, with the reason."""

    agreement_id: int
    reason_id: int


class OpenChurn(Struct, frozen=True, kw_only=True):
    """The client is gone from a day on, unless another agreement of his runs."""

    client_id: int
    renewal_id: int
    agreement_id: int
    opened_on: date


class CloseChurn(Struct, frozen=True, kw_only=True):
    """The client is back."""

    client_id: int
    on: date


class MoveCard(Struct, frozen=True, kw_only=True):
    """Another card follows: forwards only, never over an empty required field."""

    card_id: int
    kind: str
    stage_key: str


class OpenDeal(Struct, frozen=True, kw_only=True):
    """A deal for an accepted offer that hangs on nothing."""

    offer_id: int
    title: str
    client_id: int | None
    amount: int | None
    currency: str
    stage_key: str


class KeepRevision(Struct, frozen=True, kw_only=True):
    """Keep the offer's terms and lines as they stood before this move."""

    offer_id: int
    note: str | None


class MakeTask(Struct, frozen=True, kw_only=True):
    """A task of a family for the card's owner, by the rule `key`; a card has one open of each.

    The titles are in the company's languages and may name {client}, {number}, {agreement} and
    {renewal_date}.
    """

    card_id: int
    family: str
    key: str
    kind: str
    titles: dict[str, str]
    working_days: int


FollowUp = (
    CreateAgreement
    | CreateRenewal
    | Refill
    | Reanchor
    | Rehome
    | EndAgreement
    | OpenChurn
    | CloseChurn
    | MoveCard
    | OpenDeal
    | KeepRevision
    | MakeTask
)
