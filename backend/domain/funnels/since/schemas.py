"""What changed in a pipeline since a day, as the outside sees it."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from backend.domain.funnels.schemas import ComparedFilters, ReportCard
from backend.domain.funnels.since.rules import What
from backend.domain.widths import Width


class SinceFilters(ComparedFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Since the beginning of which day (`from`; this week's Monday if it is left out).

    `compare` sets as many days before beside it, the same ones of the week.
    """


class ChangeFilters(SinceFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same with what happened (anything, if it is left out), a page at a time."""

    what: What | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None


class Changed(Struct, frozen=True, kw_only=True):
    """A card that is not as it was: stages are those it stood in then and stands in now.

    `slipped` is one whose date was put off while its stage is the same.
    """

    what: What
    from_stage: str | None
    to_stage: str | None
    card: ReportCard


class Counts(Struct, frozen=True, kw_only=True):
    """How many cards there are of each kind of change, on whatever page they are."""

    new: int = 0
    forward: int = 0
    back: int = 0
    slipped: int = 0
    won: int = 0
    lost: int = 0
    reopened: int = 0
    moved_out: int = 0


class Before(Struct, frozen=True, kw_only=True):
    """How much had changed in as many days before, from the same weekday to the same weekday."""

    since: date
    until: date
    counts: Counts


class ChangeReport(Struct, frozen=True, kw_only=True):
    """What changed, over the cards that the caller may see, a page of it by id."""

    pipeline: str
    since: date
    as_of: datetime
    scope: Width
    counts: Counts
    items: list[Changed]
    next_cursor: str | None
    previous: Before | None
