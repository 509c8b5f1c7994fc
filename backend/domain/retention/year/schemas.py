"""The calendar of renewals: twelve months side by side, and who has how much before him."""

from typing import Annotated

from msgspec import Meta, Struct, field

from backend.domain.funnels.schemas import Id, Key, Month
from backend.domain.retention.year.rules import Became


class YearFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The month that the twelve begin with (the present one if it is left out), and which cards.

    `month` and `became` choose what is listed: the first of the months if none is named.
    """

    start: Month | None = field(default=None, name="from")
    month: Month | None = None
    became: Became | None = None
    pipeline: Id | Key | None = None
    owner_id: Id | None = None
    cursor: Annotated[str, Meta(max_length=1000)] | None = None


class Money(Struct, frozen=True):
    """What the terms of a month bring in one currency."""

    currency: str
    amount: str


class Ending(Struct, frozen=True, kw_only=True):
    """The terms that end in a month: how many, what became of them, their amounts."""

    month: str
    count: int
    became: dict[str, int]
    sums: list[Money]


class Load(Struct, frozen=True, kw_only=True):
    """How many of the terms that end in each month somebody has still to renew."""

    owner_id: int
    owner_name: str
    months: list[int]


class Year(Struct, frozen=True, kw_only=True):
    """Twelve months by themselves and by who has them before him, the busiest first."""

    months: list[Ending]
    loads: list[Load]

    @property
    def busiest(self) -> int:
        """The most that anybody has in a month."""
        return max((many for load in self.loads for many in load.months), default=0)
