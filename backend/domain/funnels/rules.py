"""The arithmetic of funnels: in which numbers a card is counted, and what is made of them. Pure.

Attribution is to the furthest main stage, so that at every stage
reached = advanced + lost + open + moved_out (+ bypassed, where stages count in order alone).
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from msgspec import Struct

from backend.domain.cards.facts import Funnel

SECONDS_A_DAY = 86_400
WHOLE = None  # the stage of a number that is about the whole funnel

# A number of a funnel: what is counted, and at which stage.
Role = tuple[str, int | None]


class Track(Struct, frozen=True):
    """What a funnel asks of one card; cards on one track are counted together."""

    furthest: int | None
    strict: int | None
    state: str
    touched: frozenset[int]
    returned: frozenset[int]
    reopened: bool
    entered_late: bool
    void: bool


def track_of(funnel: Funnel, voids: set[int]) -> Track:
    """The track of a card's fact; `voids` are the reasons that say it should never have been."""
    return Track(
        funnel.furthest_stage_id, funnel.strict_stage_id, funnel.state, ids(funnel.touched),
        ids(funnel.returned), funnel.reopened > 0, funnel.entered_late, funnel.reason_id in voids,
    )  # fmt: skip


def ids(text: str) -> frozenset[int]:
    """Stage ids as a fact keeps them."""
    return frozenset(map(int, text.split()))


def roles(line: Sequence[int], track: Track, count: str) -> Iterator[Role]:
    """Every number of a funnel that a card is counted in; `line` are the main stages in order.

    A won card has passed every stage. A card that saw no main stage counts at the first one.
    `touched` counts only who stood in a stage, `strict` only who came through all before it.
    """
    won, depth = track.state == "won", len(line)
    far = line.index(track.furthest) if track.furthest in line else 0
    reached = depth if won else far + 1
    in_order = line.index(track.strict) + 1 if track.strict in line else 0
    passed = in_order if count == "strict" else reached
    outcome = "bypassed" if won and count == "strict" and passed < depth else track.state
    yield from _of_the_whole(track, outcome)
    for index, stage_id in enumerate(line):
        stood = stage_id in track.touched
        if stood:
            yield "touched", stage_id
        if index < reached and not stood:
            yield "skipped", stage_id
        if stage_id in track.returned:
            yield "returned", stage_id
        if index < passed and (stood or count != "touched"):
            yield "reached", stage_id
            onwards = index < passed - 1 or outcome == "won"
            yield "advanced" if onwards else outcome, stage_id
    for stage_id in track.touched.difference(line):
        yield "touched", stage_id
        if won:
            yield "touched_won", stage_id


def _of_the_whole(track: Track, outcome: str) -> Iterator[Role]:
    yield "entered", WHOLE
    yield outcome, WHOLE
    for name in ("reopened", "entered_late", "void"):
        if getattr(track, name):
            yield name, WHOLE
    if track.returned:
        yield "returned", WHOLE


def tally(rows: Iterable[tuple[Iterable[Role], int]]) -> Counter[Role]:
    """The numbers of a funnel: cards, or amounts, by the roles they play."""
    found: Counter[Role] = Counter()
    for played, weight in rows:
        for role in played:
            found[role] += weight
    return found


class Dwell(Struct, frozen=True, kw_only=True):
    """The visits to a stage: how many, seconds of the finished ones, ages of the others."""

    visits: int
    median: float | None
    p80: float | None
    mean: float | None
    age: float | None


def ratio(part: int, whole: int) -> float | None:
    """A share rounded half-even to 4 places; None where there is nothing to divide by."""
    if whole == 0:
        return None
    exact = Decimal(part) / Decimal(whole)
    return float(exact.quantize(Decimal("0.0001"), ROUND_HALF_EVEN))


def win_rate(won: int, lost: int, void: int) -> float | None:
    """Won ÷ (won + lost); losses for reasons of the group `void` stay out."""
    return ratio(won, won + lost - void)


def low(conversions: Mapping[int, float | None], limit: int | None) -> int | None:
    """The stage that the smallest share goes on from, where that is below a limit in per cent."""
    known = [(share, stage_id) for stage_id, share in conversions.items() if share is not None]
    if not known or limit is None:
        return None
    share, stage_id = min(known, key=lambda one: one[0])
    return stage_id if Decimal(str(share)) * 100 < limit else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which a share lies, interpolated between neighbours (0.5 = median)."""
    if not values:
        return None
    ordered = sorted(values)
    at = (len(ordered) - 1) * share
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def mean(values: Sequence[float]) -> float | None:
    """The average; None of nothing."""
    return sum(values) / len(values) if values else None


def age(since: datetime, as_of: datetime) -> float:
    """Seconds from one instant to another, in whole ones."""
    return float(int((as_of - since).total_seconds()))


def days(seconds: float | None) -> float | None:
    """Seconds as days, to 4 places."""
    return None if seconds is None else round(seconds / SECONDS_A_DAY, 4)


def before(start: date, end: date) -> tuple[date, date] | None:
    """The period just before one: whole months before whole months, else as many days.

    None where the calendar does not reach that far back.
    """
    last = start - timedelta(days=1) if start > date.min else None
    if last is None:
        return None
    if start.day == 1 and end.day == monthrange(end.year, end.month)[1]:
        months = (end.year - start.year) * 12 + end.month - start.month + 1
        year, month = divmod(start.year * 12 + start.month - 1 - months, 12)
        return (date(year, month + 1, 1), last) if year >= 1 else None
    length = (end - start).days
    return (last - timedelta(days=length), last) if last.toordinal() > length else None
