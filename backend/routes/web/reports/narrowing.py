"""What a report is narrowed to besides its period: whose cards, of which product, for what."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from msgspec import structs

from backend.db.session import Unit
from backend.domain.funnels.choices import queries
from backend.domain.funnels.choices.queries import Choices, Options
from backend.routes.web import words
from backend.routes.web.reports.asked import Asked
from backend.routes.web.reports.period import PERIODS
from backend.routes.web.words import N_

FIND = "find_"  # before the name of a filter: what is searched for among what it can be
LABELS = {
    "owner_id": (N_("Manager"), N_("All managers")),
    "team_id": (N_("Team"), N_("All teams")),
    "product_id": (N_("Product"), N_("All products")),
    "reason_id": (N_("Reason"), N_("All reasons")),
}  # fmt: skip
SEARCHES = tuple(f"{FIND}{name}" for name in LABELS)


class Narrowing(NamedTuple):
    """A filter: what it is called, what it can be, and what is searched for where that is much."""

    name: str
    label: str
    whole: str
    options: Options
    sought: str

    @property
    def is_choice(self) -> bool:
        """Whether there is anything to choose; one person or team alone is nothing."""
        least = 2 if self.name in ("owner_id", "team_id") else 1
        return self.options.chosen is not None or len(self.options.items) >= least


async def narrowings(
    tx: Unit, asked: Asked, told: Choices, home: str | None, sent: Mapping[str, Any]
) -> list[Narrowing]:
    """Those that the report's filters have; reasons are those of its pipeline."""
    known = {one.name for one in structs.fields(asked.filters)}
    found = []
    for name, (label, whole) in LABELS.items():
        sought = str(sent.get(f"{FIND}{name}", ""))[:100]
        chosen = getattr(asked.filters, name, None)
        match name:
            case "owner_id":
                options = queries.among(told.owners, sought, chosen)
            case "team_id":
                options = queries.among(told.teams, sought, chosen)
            case "product_id":
                options = await queries.products(tx, sought, chosen)
            case _ if name in known and home is not None:
                options = await queries.reasons(tx, asked.viewer, home, sought, chosen)
            case _:
                continue
        found.append(Narrowing(name, label, whole, options, sought))
    return found


def terms(
    asked: Asked, told: Choices, home: str | None, found: list[Narrowing], today: date
) -> list[str]:
    """What a report is about, for paper, on which there are no filters to look at."""
    filters, company = asked.filters, asked.viewer.company
    names = [one.name for one in told.pipelines if one.key == home]
    days: list[str] = []
    if filters.start or filters.end:
        days = [asked.days(filters.start, filters.end)]
    elif asked.period is not None:
        days = [asked.say(PERIODS[asked.period])]
    day = filters.as_of or today
    return [
        *(names or [asked.say(N_("All pipelines"))]), *days,
        *(one.options.chosen.name for one in found if one.options.chosen is not None),
        *([] if filters.source is None else [words.source(filters.source, company.locale)]),
        asked.say(N_("as of %(day)s"), day=words.day(day, company.locale, year=True)),
    ]  # fmt: skip
