"""What changed in a pipeline since a day, as the outside sees it."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from backend.domain.funnels.schemas import ReportCard, ReportFilters
from backend.domain.widths import Width


class SinceFilters(ReportFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Since the beginning of which day (`from`; this week's Monday if it is left out)."""


class Changed(Struct, frozen=True, kw_only=True):
    """A card that is not as it was: stages are those it stood in then and stands in now.

    `slipped` is one whose date was put off while its stage is the same.
    """

    what: Literal["new", "forward", "back", "slipped", "won", "lost", "reopened", "moved_out"]
    from_stage: str | None
    to_stage: str | None
    card: ReportCard


class ChangeReport(Struct, frozen=True, kw_only=True):
    """Everything that changed, over the cards that the caller may see."""

    pipeline: str
    since: date
    as_of: datetime
    scope: Width
    items: list[Changed]
