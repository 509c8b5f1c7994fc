"""Who was there and who left: churn by clients and by what they pay a year. Pure."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from msgspec import Struct

from backend.domain import money
from backend.domain.calendar import Period
from backend.domain.funnels.rules import ratio

# Terms a year, as a fraction.
_A_YEAR = {"D": (365, 1), "W": (365, 7), "M": (12, 1), "Y": (1, 1)}


class Holding(Struct, frozen=True, kw_only=True):
    """An agreement of a client: held from a day to a day (None: still), lost on a day or not.

    `yearly` is what it brings a year, in minor units; None where that is not known.
    """

    client_id: int
    group: str | int | None
    since: date
    until: date | None
    lost_on: date | None
    yearly: int | None

    def held(self, day: date) -> bool:
        return self.since <= day and (self.until is None or self.until > day)


class Absence(Struct, frozen=True, kw_only=True):
    """A time in which a client was gone, and why; `until` is the day he came back."""

    client_id: int
    group: str | int | None
    since: date
    until: date | None
    churn: str | None

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or self.until > day)


class Churn(Struct, frozen=True, kw_only=True):
    """The figures of a period: who was there on the eve of it, who of them left, what it cost."""

    clients: int
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

    A rate is of those who were there on the eve: who came and went within the period is counted
    as churned, but in no rate.
    """
    eve = date.fromordinal(max(start.toordinal() - 1, 1))
    gone = {one.client_id for one in absences if one.covers(eve)}
    there = [one for one in holdings if one.held(eve) and one.client_id not in gone]
    clients = {one.client_id for one in there}
    left = [one for one in absences if start <= one.since <= end]
    churned = {one.client_id for one in left}
    back = {
        one.client_id for one in absences if one.until is not None and start <= one.until <= end
    }
    lost = sum(
        one.yearly or 0 for one in there if one.lost_on is not None and start <= one.lost_on <= end
    )
    base = sum(one.yearly or 0 for one in there)
    return Churn(
        clients=len(clients), churned=len(churned),
        stopped=len({one.client_id for one in left if one.churn == "stopped"}),
        competitor=len({one.client_id for one in left if one.churn == "competitor"}),
        returned=len(back), churn_rate=ratio(len(churned & clients), len(clients)),
        base=base, lost=lost, revenue_rate=ratio(lost, base),
    )  # fmt: skip


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
