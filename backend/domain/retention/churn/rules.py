"""Who was there and who left: churn by clients and by what they pay a year. Pure."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Literal

from msgspec import Struct

from backend.domain import money
from backend.domain.calendar import Period
from backend.domain.funnels.rules import ratio

# The numbers of a report on churn that have renewals behind them; the last one is of money.
# Those of people are told by the intervals alone, the others by what was held as well.
Behind = Literal["churned", "churned_of_clients", "stopped", "competitor", "returned", "lost"]
PEOPLE: tuple[Behind, ...] = ("churned", "stopped", "competitor", "returned")
# Terms a year, as a fraction.
_A_YEAR = {"D": (365, 1), "W": (365, 7), "M": (12, 1), "Y": (1, 1)}


class Holding(Struct, frozen=True, kw_only=True):
    """An agreement of a client: held from a day to a day (None: still), lost on a day or not.

    `card_id` is its last term's.
    `yearly` is what it brings a year, in minor units; None where that is not known.
    """

    card_id: int
    client_id: int
    group: str | int | None
    since: date
    until: date | None
    lost_on: date | None
    yearly: int | None

    def held(self, day: date) -> bool:
        return self.since <= day and (self.until is None or self.until > day)


class Absence(Struct, frozen=True, kw_only=True):
    """A time in which a client was gone, for which lost renewal; `until` is when he came back."""

    card_id: int
    client_id: int
    group: str | int | None
    since: date
    until: date | None
    churn: str | None

    def is_of(self, what: Behind, start: date, end: date) -> bool:
        """Whether it is one of those who left in a period, in a way or in any, or came back."""
        day = self.until if what == "returned" else self.since
        if day is None or not start <= day <= end:
            return False
        return what in ("churned", "returned", self.churn)

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or self.until > day)


class Churn(Struct, frozen=True, kw_only=True):
    """The figures of a period: who was there on the eve of it, who of them left, what it cost."""

    clients: int
    churned_of_clients: int
    churned: int
    stopped: int
    competitor: int
    returned: int
    churn_rate: float | None
    base: int
    lost: int
    revenue_rate: float | None


def churn(
    holdings: Sequence[Holding], absences: Sequence[Absence], start: date, end: date
) -> Churn:
    """Churn within a period, both days inclusive.

    The rate is of those who were there on the eve, `churned_of_clients` of them: who came and went
    within the period is counted as churned, but in no rate.
    """
    there = _there(holdings, absences, start)
    clients = {one.client_id for one in there}
    who = {
        what: {one.client_id for one in absences if one.is_of(what, start, end)} for what in PEOPLE
    }
    lost = sum(one.yearly or 0 for one in _lost(there, start, end))
    base = sum(one.yearly or 0 for one in there)
    return Churn(
        clients=len(clients), churned_of_clients=len(who["churned"] & clients),
        **{what: len(found) for what, found in who.items()},
        churn_rate=ratio(len(who["churned"] & clients), len(clients)),
        base=base, lost=lost, revenue_rate=ratio(lost, base),
    )  # fmt: skip


def behind(
    what: Behind, holdings: Sequence[Holding], absences: Sequence[Absence], start: date, end: date
) -> list[int]:
    """The renewals behind one of these numbers: of each client one, but all that lost money."""
    there = _there(holdings, absences, start)
    if what == "lost":
        return [one.card_id for one in _lost(there, start, end) if one.yearly]
    if what == "churned_of_clients":
        clients = {one.client_id for one in there}
        absences, what = [one for one in absences if one.client_id in clients], "churned"
    found = {one.client_id: one.card_id for one in absences if one.is_of(what, start, end)}
    return list(found.values())


def _there(holdings: Sequence[Holding], absences: Sequence[Absence], start: date) -> list[Holding]:
    """What was held on the eve of a period by clients who were not gone."""
    eve = date.fromordinal(max(start.toordinal() - 1, 1))
    gone = {one.client_id for one in absences if one.covers(eve)}
    return [one for one in holdings if one.held(eve) and one.client_id not in gone]


def _lost(there: Sequence[Holding], start: date, end: date) -> list[Holding]:
    return [one for one in there if one.lost_on is not None and start <= one.lost_on <= end]


def yearly(amount: int | None, period: str | None) -> int | None:
    """What an amount a term makes a year, rounded half-even; None where either is not known."""
    if amount is None or period is None:
        return None
    span = Period.parse(period)
    terms, by = _A_YEAR[span.unit]
    return money.divide(amount * terms, by * span.count)


def months(start: date, end: date) -> Iterator[tuple[date, date]]:
    """The first and last days, within a period, of each of its months."""
    first = start
    while first <= end:
        last = first.replace(day=monthrange(first.year, first.month)[1])
        yield first, min(last, end)
        if last == date.max:
            return
        first = last + timedelta(days=1)
