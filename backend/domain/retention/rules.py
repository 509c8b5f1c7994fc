"""What became of the renewals that fell due, and what is made of it. Pure.

The day that counts is the original one: moving a renewal to another day improves no rate.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Literal, get_args

from msgspec import Struct

from backend.domain.funnels.rules import ratio
from backend.domain.renewals.rules import is_long_past

Outcome = Literal["on_time", "late", "win_back", "lost", "overdue", "pending", "cancelled"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class Term(Struct, frozen=True, kw_only=True):
    """A renewal of a cohort: when it fell due, how it stands, what it was worth before and now.

    `closed_on` is the day at the company; amounts are minor units of one currency, `old` None
    where it is not known.
    """

    due: date
    state: str
    closed_on: date | None
    void: bool
    old: int | None
    new: int


def outcome(term: Term, today: date, grace_days: int) -> Outcome:
    """What has become of a renewal by a day; a win after the grace days is a win-back."""
    if term.state == "lost":
        return "cancelled" if term.void else "lost"
    if term.state == "won" and term.closed_on is not None:
        if term.closed_on <= term.due:
            return "on_time"
        return "win_back" if is_long_past(term.due, term.closed_on, grace_days) else "late"
    return "overdue" if term.due < today else "pending"


class Rates(Struct, frozen=True, kw_only=True):
    """Renewed in time or within the grace days, the former alone, and both retentions of money."""

    renewal_rate: float | None
    on_time_rate: float | None
    grr: float | None
    nrr: float | None


class Tally(Struct, frozen=True, kw_only=True):
    """How many renewals had which outcome, their amounts before and after, and the rates.

    `decided` leaves out what is overdue still; the amounts are of those whose old one is known.
    """

    counts: Counter[Outcome]
    old: int
    new: int
    rates: Rates
    decided: Rates


def tally(terms: Iterable[Term], today: date, grace_days: int) -> Tally:
    """The figures of a cohort: pending and cancelled ones are in no rate, overdue ones bring 0."""
    counts: Counter[Outcome] = Counter()
    old: Counter[Outcome] = Counter()
    new: Counter[Outcome] = Counter()
    kept: Counter[Outcome] = Counter()
    for term in terms:
        became = outcome(term, today, grace_days)
        counts[became] += 1
        if term.old is not None and became not in ("pending", "cancelled"):
            brought = term.new if term.state == "won" else 0
            old[became] += term.old
            new[became] += brought
            kept[became] += min(brought, term.old)
    at_stake = counts.total() - counts["pending"] - counts["cancelled"]
    amounts = old.total(), kept.total(), new.total()
    return Tally(
        counts=counts, old=old.total(), new=new.total(),
        rates=_rates(counts, at_stake, *amounts),
        decided=_rates(
            counts, at_stake - counts["overdue"], old.total() - old["overdue"], *amounts[1:]
        ),
    )  # fmt: skip


def _rates(counts: Counter[Outcome], whole: int, old: int, kept: int, new: int) -> Rates:
    return Rates(
        renewal_rate=ratio(counts["on_time"] + counts["late"], whole),
        on_time_rate=ratio(counts["on_time"], whole), grr=ratio(kept, old), nrr=ratio(new, old),
    )  # fmt: skip


def period(start: date | None, end: date | None, today: date) -> tuple[date, date]:
    """The days that are asked of, where an end of them is left out.

    The last is that of the month of `today`, or of `start` if that is later; the first is that of
    the twelve months that end with the last one's.
    """
    if end is None:
        end = max(today, start or today)
        end = end.replace(day=monthrange(end.year, end.month)[1])
    if start is None:
        year, month = divmod(end.year * 12 + end.month - 12, 12)
        start = date(year, month + 1, 1) if year >= 1 else date.min
    return start, end
