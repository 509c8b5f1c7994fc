"""The passport of an agreement as the outside sees it."""

from datetime import date
from typing import Literal

from msgspec import Struct


class PassportTerm(Struct, frozen=True, kw_only=True):
    """One term of a chain, ending on its renewal date.

    `gap_days` is the hole between the end of the term before and the day this one is covered
    from; `days_late` says how long after its date it was closed (early is negative);
    `uplift_percent` is what it costs more than the term before.
    """

    renewal_id: int
    number: str
    cycle: int
    state: Literal["waiting", "open", "won", "lost"]
    begins_on: date | None
    gap_days: int
    renewal_date: date
    original_renewal_date: date
    date_source: Literal["manual", "period", "consumption"]
    slips: int
    closed_on: date | None
    days_late: int | None
    amount: str | None
    currency: str
    uplift_percent: str | None
    owner_id: int
    owner_name: str


class Passport(Struct, frozen=True):
    """The terms of an agreement in order, as far as the caller may see them."""

    items: list[PassportTerm]
