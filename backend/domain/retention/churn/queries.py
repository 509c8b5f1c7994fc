"""Reading which clients have left, by the intervals in which they were gone."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar

from msgspec import structs
from sqlalchemy import Select, and_, exists, or_, select

from backend.db.models import agreement, card, churn_interval, client, reason, renewal
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.funnels.selection import queries as selection
from backend.domain.retention.churn import rules
from backend.domain.retention.churn.rules import Absence, Churn, Holding
from backend.domain.retention.churn.schemas import (
    LONGEST,
    ChurnCardFilters,
    ChurnFilters,
    ChurnGroup,
    ChurnReport,
)
from backend.domain.retention.queries import OLD, Scope, others, scoped, with_old
from backend.domain.stages import State
from backend.errors import BadRequest

C = TypeVar("C", bound=ChurnFilters)
_LATER = renewal.alias("later")
_IS_LAST = ~exists().where(
    _LATER.c.agreement_id == renewal.c.agreement_id, _LATER.c.cycle > renewal.c.cycle,
    _LATER.c.withdrawn_at.is_(None),
)  # fmt: skip


class Read(NamedTuple):
    """All that the report is made of, in sums or beside them."""

    holdings: list[Holding]
    absences: list[Absence]
    unknown: list[tuple[str, int | None]]

    def of_segment(self, segment: str | None) -> "Read":
        """What is of one segment alone, where it was read by segments."""
        return self._replace(
            holdings=[one for one in self.holdings if one.group == segment],
            absences=[one for one in self.absences if one.group == segment],
        )


async def churn(tx: Unit, viewer: Viewer, filters: ChurnFilters) -> ChurnReport:
    """The churn of a period as it is known now; BadRequest for an earlier day's knowledge."""
    scope, filters = await _asked(tx, viewer, filters)
    former = None
    if filters.compare is not None:
        former = await churn(tx, viewer, selection.before(filters))
    read = await _read(tx, viewer, filters, scope)
    start, end = _days(filters)
    whole = rules.churn(read.holdings, read.absences, start, end)
    return ChurnReport(
        pipeline=scope.pipeline, currency=scope.currency, group_by=filters.group_by,
        start=filters.start, end=filters.end, as_of=scope.as_of, scope=viewer.reads,
        **_figures(whole, scope.currency),
        items=await _items(tx, filters, scope, read, start, end),
        others=others(read.unknown), previous=former,
    )  # fmt: skip


async def card_ids(tx: Unit, viewer: Viewer, filters: ChurnCardFilters) -> list[int]:
    """The renewals behind one of the report's numbers; agreements are read where it needs them."""
    scope, filters = await _asked(tx, viewer, filters)
    read = await _read(tx, viewer, filters, scope, whole=filters.which not in rules.PEOPLE)
    if filters.segment is not None or filters.no_segment:
        read = read.of_segment(filters.segment)
    return rules.behind(filters.which, read.holdings, read.absences, *_days(filters))


async def _asked(tx: Unit, viewer: Viewer, filters: C) -> tuple[Scope, C]:
    if filters.as_of is not None and viewer.company.end(filters.as_of) <= tx.now:
        raise BadRequest("The report on churn tells what is known today: leave `as_of` out")
    return await scoped(tx, viewer, filters)


def _days(filters: ChurnFilters) -> tuple[date, date]:
    return filters.start or date.min, filters.end or date.max


def _figures(found: Churn, currency: str) -> dict[str, Any]:
    told = structs.asdict(found)
    base, lost, rate = (told.pop(name) for name in ("base", "lost", "revenue_rate"))
    return {
        **told, "revenue": money.text(base, currency), "lost_revenue": money.text(lost, currency),
        "revenue_churn_rate": rate,
    }  # fmt: skip


async def _items(
    tx: Unit, filters: ChurnFilters, scope: Scope, read: Read, start: date, end: date
) -> list[ChurnGroup]:
    blank: dict[str, Any] = dict.fromkeys(("month", "segment", "owner_id", "owner_name"))
    if filters.group_by == "month":
        if (end.year - start.year) * 12 + end.month - start.month >= LONGEST:
            raise BadRequest(f"A report by month is over {LONGEST} months at most")
        return [
            ChurnGroup(**{**blank, "month": first.isoformat()[:7]}, **_figures(
                rules.churn(read.holdings, read.absences, first, last), scope.currency
            ))
            for first, last in rules.months(start, end)
        ]  # fmt: skip
    parts: dict[Any, tuple[list[Holding], list[Absence]]] = defaultdict(lambda: ([], []))
    for holding in read.holdings:
        parts[holding.group][0].append(holding)
    for absence in read.absences:
        parts[absence.group][1].append(absence)
    keys: Sequence[Any] = sorted(parts, key=lambda key: (key is None, key))
    by_owner = filters.group_by == "owner"
    names = await selection.names(tx, set(keys)) if by_owner else {}
    found = []
    for key in keys:
        told = {"owner_id": key, "owner_name": names.get(key)} if by_owner else {"segment": key}
        figures = _figures(rules.churn(*parts[key], start, end), scope.currency)
        found.append(ChurnGroup(**{**blank, **told}, **figures))
    return found


async def _read(
    tx: Unit, viewer: Viewer, filters: ChurnFilters, scope: Scope, *, whole: bool = True
) -> Read:
    """The agreements by their last terms, and the intervals; or these alone."""
    group = card.c.owner_id if filters.group_by == "owner" else client.c.segment
    read = Read([], await _absences(tx, viewer, filters, scope, group), [])
    if not whole:
        return read
    day = viewer.company.today
    for (
        card_id,
        client_id,
        key,
        made,
        signed,
        ended,
        term_end,
        is_lost,
        currency,
        old,
        period,
    ) in await tx.run(_last_terms(group).where(*scope.chosen(viewer, filters))):
        brings = rules.yearly(old, period) if currency == scope.currency else None
        if brings is None:
            read.unknown.append((currency, old))
        read.holdings.append(Holding(
            card_id=card_id, client_id=client_id, group=key,
            since=min(day(made), signed or date.max),
            until=_until(None if ended is None else day(ended), term_end, is_lost),
            lost_on=term_end if is_lost else None, yearly=brings,
        ))  # fmt: skip
    return read


def _last_terms(group: Any) -> Select[Any]:
    """Each agreement by its last term: who holds it, since when and until when, what it brings."""
    a, lost = agreement.c, and_(card.c.state == State.LOST, reason.c.churn.is_distinct_from("no"))
    return with_old(
        select(
            card.c.id, card.c.client_id, group, a.created_at, a.signed_on, a.ended_at,
            renewal.c.renewal_date, lost, card.c.currency, OLD, a.period,
        )
        .select_from(card)
        .join(renewal, renewal.c.card_id == card.c.id)
        .join(agreement, a.id == renewal.c.agreement_id)
        .join(client, client.c.id == card.c.client_id)
        .outerjoin(reason, reason.c.id == card.c.reason_id)
    ).where(
        renewal.c.withdrawn_at.is_(None), _IS_LAST, a.withdrawn_at.is_(None),
        reason.c.group.is_distinct_from("void"), selection.counted(),
    )  # fmt: skip


def _until(ended: date | None, term_end: date, lost: bool) -> date | None:
    """Until when an agreement is held: whoever gives notice early stays until the term's end."""
    if ended is None:
        return None
    return max(ended, term_end) if lost else ended


async def _absences(
    tx: Unit, viewer: Viewer, filters: ChurnFilters, scope: Scope, group: Any
) -> list[Absence]:
    c = churn_interval.c
    query = (
        select(c.renewal_id, c.client_id, group, c.opened_on, c.closed_on, reason.c.churn)
        .join(card, card.c.id == c.renewal_id)
        .join(client, client.c.id == c.client_id)
        .outerjoin(reason, reason.c.id == card.c.reason_id)
        # Who was back before the term's end was never gone.
        .where(c.voided_at.is_(None), or_(c.closed_on.is_(None), c.closed_on > c.opened_on))
        .where(*scope.chosen(viewer, filters))
    )
    return [
        Absence(
            card_id=card_id, client_id=number, group=key, since=since, until=until, churn=churned
        )
        for card_id, number, key, since, until, churned in await tx.run(query)
    ]
