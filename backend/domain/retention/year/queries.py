"""Reading which terms end in which month: two statements, however many terms there are."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from msgspec import structs
from sqlalchemy import Select, case, extract, func, select

from backend.db.models import card, renewal
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.cards import queries as cards
from backend.domain.cards.rules import number
from backend.domain.funnels.selection import queries as selection
from backend.domain.renewals import queries as renewals
from backend.domain.renewals.schemas import RenewalFilters, Renewals
from backend.domain.retention.year import rules
from backend.domain.retention.year.rules import Became
from backend.domain.retention.year.schemas import Ending, Load, Money, Year, YearFilters
from backend.domain.stages import State

AT_ONCE = 50
PENDING = ("waiting", "active", "overdue")
# The same in the words of the list of renewals.
LISTED: dict[Became | None, dict[str, Any]] = {
    None: {}, "overdue": {"overdue": True}, "won": {"state": "won"}, "lost": {"state": "lost"},
    "waiting": {"state": "waiting", "overdue": False},
    "active": {"state": "open", "overdue": False},
}  # fmt: skip


async def year(tx: Unit, viewer: Viewer, filters: YearFilters) -> Year:
    """The terms that end in twelve months, as far as the viewer sees them; by their dates as they
    are now."""
    today = viewer.company.today(tx.now)
    months = rules.year_from(begins(filters, today))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    loads: dict[int, Counter[str]] = defaultdict(Counter)
    query = await _ending(tx, viewer, filters, months, today)
    for in_month, in_year, owner_id, became, currency, many, amount in await tx.run(query):
        month = rules.named(date(int(in_year), int(in_month), 1))
        counts[month][became] += many
        sums[month][currency] += int(amount or 0)
        if became in PENDING:
            loads[owner_id][month] += many
    names = await selection.names(tx, set(loads))
    return Year(
        months=[_month(rules.named(one), counts, sums) for one in months],
        loads=sorted(
            (
                Load(
                    owner_id=owner_id, owner_name=names[owner_id],
                    months=[own[rules.named(one)] for one in months],
                )
                for owner_id, own in loads.items()
            ),
            key=lambda load: (-sum(load.months), load.owner_name, load.owner_id),
        ),
    )  # fmt: skip


def begins(filters: YearFilters, today: date) -> date:
    """The first day of the twelve months; BadRequest."""
    return today.replace(day=1) if filters.start is None else rules.first_of(filters.start)


async def _ending(
    tx: Unit, viewer: Viewer, filters: YearFilters, months: list[date], today: date
) -> Select[Any]:
    due = renewal.c.renewal_date
    became = case(
        (card.c.state == State.WON, "won"), (card.c.state == State.LOST, "lost"),
        (due < today, "overdue"), (card.c.state == State.WAITING, "waiting"), else_="active",
    ).label("became")  # fmt: skip
    parts = (
        extract("month", due).label("of_month"), extract("year", due).label("of_year"),
        card.c.owner_id, became, card.c.currency,
    )  # fmt: skip
    query = (
        select(*parts, func.count(), func.sum(card.c.amount))
        .join(renewal, renewal.c.card_id == card.c.id)
        .where(
            cards.seen(viewer, "renewal"), due >= months[0], due <= rules.last_of(months[-1]),
        )
        .group_by("of_month", "of_year", card.c.owner_id, "became", card.c.currency)
    )  # fmt: skip
    if filters.pipeline is not None:
        home = await selection.home_of(tx, viewer, filters.pipeline)
        query = query.where(card.c.pipeline_id == home.id)
    if filters.owner_id is not None:
        query = query.where(card.c.owner_id == filters.owner_id)
    return query


def _month(month: str, counts: dict[str, Counter[str]], sums: dict[str, Counter[str]]) -> Ending:
    return Ending(
        month=month, count=counts[month].total(),
        became={name: counts[month][name] for name in rules.STATES},
        sums=[
            Money(currency, money.text(amount, currency) or "")
            for currency, amount in sorted(sums[month].items())
            if amount
        ],
    )  # fmt: skip


async def of_month(tx: Unit, viewer: Viewer, filters: YearFilters) -> Renewals:
    """A page of the terms that end in the chosen month, those that end first before the others."""
    chosen = begins(filters, viewer.company.today(tx.now))
    if filters.month is not None:
        chosen = rules.first_of(filters.month)
    wanted = RenewalFilters(
        due_from=chosen, due_to=rules.last_of(chosen), owner_id=filters.owner_id,
        pipeline=filters.pipeline, sort="renewal_date", limit=AT_ONCE, cursor=filters.cursor,
        **LISTED[filters.became],
    )  # fmt: skip
    found = await renewals.page(tx, viewer, wanted)
    locale = viewer.company.locale
    return structs.replace(
        found,
        items=[
            structs.replace(one, number=number("renewal", one.id, locale)) for one in found.items
        ],
    )
