"""Reading what became of the renewals that fell due in a period."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from msgspec import structs
from sqlalchemy import Select, and_, func, select

from backend.db.models import card, card_event, churn_interval, renewal
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.funnels.lives.queries import past
from backend.domain.funnels.schemas import Rest
from backend.domain.funnels.selection import queries as selection
from backend.domain.pipelines.queries import Pipeline
from backend.domain.retention import rules
from backend.domain.retention.schemas import (
    Rated,
    RenewalCardFilters,
    RenewalGroup,
    RenewalReport,
    RenewalReportFilters,
    RetentionFilters,
)
from backend.domain.stages import CLOSED

F = TypeVar("F", bound=RetentionFilters)
_FORMER, _FIRST = card.alias("former"), card_event.alias("first")
# What the last term brought; of the first one, what the renewal was made with.
OLD = func.coalesce(_FORMER.c.amount, _FIRST.c.amount)


class Due(NamedTuple):
    """A renewal of the cohort as the report needs it."""

    card_id: int
    owner_id: int
    due: date
    state: str
    closed_at: datetime | None
    reason_id: int | None
    amount: int | None
    currency: str
    old: int | None
    deleted: bool


class Return(NamedTuple):
    """A client who came back: the renewal that was lost, its owner, the day of the new win."""

    card_id: int
    owner_id: int
    on: date


class Scope(NamedTuple):
    """What a report on renewals is over: pipeline, currency, instant, its day."""

    home: Pipeline | None
    currency: str
    as_of: datetime
    today: date

    @property
    def pipeline(self) -> str | None:
        return None if self.home is None else self.home.key

    def chosen(self, viewer: Viewer, filters: RetentionFilters) -> list[Any]:
        """What its cards have in common."""
        own = [] if self.home is None else [card.c.pipeline_id == self.home.id]
        return [*own, *selection.about(viewer, filters)]


async def scoped(tx: Unit, viewer: Viewer, filters: F) -> tuple[Scope, F]:
    """What is asked, with the period where none is given; NotFound, BadRequest."""
    home = None
    if filters.pipeline is not None:
        home = await selection.home_of(tx, viewer, filters.pipeline)
    currency = filters.currency or viewer.company.currency
    money.digits(currency)
    as_of = selection.instant_of(tx, viewer, filters)
    today = viewer.company.today(as_of - timedelta(microseconds=1))
    first, last = rules.period(filters.start, filters.end, today)
    return Scope(home, currency, as_of, today), structs.replace(filters, start=first, end=last)


def with_old(query: Select[Any]) -> Select[Any]:
    """Renewals beside the amounts that `OLD` is made of, where the currency is the same."""
    same = _FORMER.c.currency == card.c.currency
    first = and_(
        _FIRST.c.card_id == card.c.id, _FIRST.c.seq == 1, _FIRST.c.currency == card.c.currency
    )
    return query.outerjoin(_FORMER, and_(_FORMER.c.id == renewal.c.previous_id, same)).outerjoin(
        _FIRST, first
    )


async def renewals(tx: Unit, viewer: Viewer, filters: RenewalReportFilters) -> RenewalReport:
    """The cohort of a period by original dates, as it stood at the instant."""
    scope, filters = await scoped(tx, viewer, filters)
    former = None
    if filters.compare is not None:
        former = await renewals(tx, viewer, selection.before(filters))
    cohort = await _cohort(tx, viewer, filters, scope)
    returns = await _returns(tx, viewer, filters, scope)
    groups: dict[Any, list[Due]] = defaultdict(list)
    back: Counter[Any] = Counter()
    by_month = filters.group_by == "month"
    for one in cohort:
        groups[_month(one.due) if by_month else one.owner_id].append(one)
    for came in returns:
        back[_month(came.on) if by_month else came.owner_id] += 1
    keys = sorted(groups.keys() | back.keys())
    names = {} if by_month else await selection.names(tx, set(keys))
    figures = _Figures(viewer, scope, await selection.voids(tx, None))
    return RenewalReport(
        pipeline=scope.pipeline, currency=scope.currency, group_by=filters.group_by,
        start=filters.start, end=filters.end, as_of=scope.as_of, scope=viewer.reads,
        **figures.of(cohort, len(returns)),
        items=[
            RenewalGroup(
                month=key if by_month else None, owner_id=None if by_month else key,
                owner_name=names.get(key), **figures.of(groups[key], back[key]),
            )
            for key in keys
        ],
        others=others((one.currency, one.old) for one in cohort if not figures.known(one)),
        previous=former,
    )  # fmt: skip


async def card_ids(tx: Unit, viewer: Viewer, filters: RenewalCardFilters) -> list[int]:
    """The cards behind one of the report's numbers; who came back is told by what he had lost."""
    scope, filters = await scoped(tx, viewer, filters)
    if filters.outcome == "returned":
        returns = await _returns(tx, viewer, filters, scope)
        return [one.card_id for one in returns if filters.month in (None, _month(one.on))]
    cohort = await _cohort(tx, viewer, filters, scope)
    figures = _Figures(viewer, scope, await selection.voids(tx, None))
    return [
        one.card_id
        for one in cohort
        if filters.month in (None, _month(one.due))
        and filters.outcome in ("due", figures.outcome(one))
    ]


def _month(day: date) -> str:
    return day.isoformat()[:7]


class _Figures(NamedTuple):
    """What the figures of every group are reckoned with."""

    viewer: Viewer
    scope: Scope
    voids: set[int]

    def known(self, one: Due) -> bool:
        """Whether it is in the sums of money."""
        return one.currency == self.scope.currency and one.old is not None

    def of(self, cohort: Sequence[Due], returned: int) -> dict[str, Any]:
        """The figures of some renewals as the outside sees them."""
        company, currency = self.viewer.company, self.scope.currency
        found = rules.tally(map(self._term, cohort), self.scope.today, company.grace_days)
        outcomes: dict[str, int] = {name: found.counts[name] for name in rules.OUTCOMES}
        return {
            "due": len(cohort), **outcomes, **structs.asdict(found.rates),
            "old_amount": money.text(found.old, currency),
            "new_amount": money.text(found.new, currency),
            "decided": Rated(**structs.asdict(found.decided)), "returned": returned,
        }  # fmt: skip

    def outcome(self, one: Due) -> rules.Outcome:
        """What has become of one of them."""
        return rules.outcome(self._term(one), self.scope.today, self.viewer.company.grace_days)

    def _term(self, one: Due) -> rules.Term:
        today = self.viewer.company.today
        return rules.Term(
            due=one.due, state=one.state, void=one.reason_id in self.voids,
            closed_on=None if one.closed_at is None else today(one.closed_at),
            old=one.old if self.known(one) else None, new=one.amount or 0,
        )  # fmt: skip


def others(amounts: Iterable[tuple[str, int | None]]) -> list[Rest]:
    """Cards that are in no sum, by their currency; those without an amount add nothing to it."""
    counts: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for currency, amount in amounts:
        counts[currency] += 1
        sums[currency] += amount or 0
    return [
        Rest(currency=currency, cards=many, amount=money.text(sums[currency], currency))
        for currency, many in sorted(counts.items())
    ]


async def _cohort(
    tx: Unit, viewer: Viewer, filters: RenewalReportFilters, scope: Scope
) -> list[Due]:
    """The renewals that count at the instant."""
    c, k, due = renewal.c, card.c, renewal.c.original_renewal_date
    chosen = scope.chosen(viewer, filters)
    if filters.start is not None:
        chosen.append(due >= filters.start)
    if filters.end is not None:
        chosen.append(due <= filters.end)
    query = with_old(
        select(
            k.id, k.owner_id, due, k.state, k.closed_at, k.reason_id, k.amount, k.currency,
            OLD, k.deleted_at.is_not(None),
        ).select_from(card).join(renewal, c.card_id == k.id)
    ).where(*chosen)  # fmt: skip
    found = [Due(*row) for row in await tx.run(query)]
    if scope.as_of == tx.now:
        return [one for one in found if not one.deleted or one.state in CLOSED]
    return await _then(tx, viewer, filters, scope, found)


async def _then(
    tx: Unit, viewer: Viewer, filters: RenewalReportFilters, scope: Scope, found: Sequence[Due]
) -> list[Due]:
    """The same as they stood at an instant, from what happened before it."""
    due = renewal.c.original_renewal_date
    candidates = select(renewal.c.card_id).where(
        due >= (filters.start or date.min), due <= (filters.end or date.max)
    )
    chosen = scope.chosen(viewer, filters)
    then = await past(tx, viewer.company.locale, chosen, candidates, scope.as_of)
    lives = {life.card_id: life for life in then.lives if life.events}
    stood = []
    for one in found:
        life = lives.get(one.card_id)
        if life is None or not life.counts(then.facts(life)):
            continue
        last = life.events[-1]
        state = then.stages[last.target_id].state
        stood.append(one._replace(
            state=state, closed_at=last.at if state in CLOSED else None,
            reason_id=last.reason_id, amount=life.amount, currency=life.currency,
        ))  # fmt: skip
    return stood


async def _returns(
    tx: Unit, viewer: Viewer, filters: RenewalReportFilters, scope: Scope
) -> list[Return]:
    """Who came back in the period."""
    c = churn_interval.c
    query = (
        select(card.c.id, card.c.owner_id, c.closed_on)
        .join(card, card.c.id == c.renewal_id)
        .where(
            c.closed_on >= (filters.start or date.min),
            c.closed_on <= min(filters.end or date.max, scope.today),
            c.voided_at.is_(None), *scope.chosen(viewer, filters),
        )
    )  # fmt: skip
    return [Return(*row) for row in await tx.run(query)]
