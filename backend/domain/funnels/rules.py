"""The arithmetic of funnels, from plain counts. Pure.

Attribution is to the furthest main stage, so that at every stage
reached = advanced + lost + open + moved_out.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from msgspec import Struct

SECONDS_A_DAY = 86_400


class Outcome(Struct, frozen=True):
    """How many cards have this furthest stage (None = no main stage) and stand so."""

    furthest_stage_id: int | None
    state: str
    count: int
    void: int = 0


class Dwell(Struct, frozen=True, kw_only=True):
    """What is known of the visits to a stage; times in seconds over finished visits."""

    touched: int = 0
    returned: int = 0
    visits: int = 0
    median: float | None = None
    p80: float | None = None


class Row(Struct, frozen=True, kw_only=True):
    """One stage of a funnel in counts."""

    stage_id: int
    reached: int
    advanced: int
    lost: int
    open: int
    moved_out: int
    skipped: int
    returned: int


class Balance(Struct, frozen=True, kw_only=True):
    """A whole funnel in counts."""

    rows: tuple[Row, ...]
    entered: int
    won: int
    lost: int
    open: int
    moved_out: int
    void: int


def balance(
    line: Sequence[int], outcomes: Sequence[Outcome], dwell: Mapping[int, Dwell]
) -> Balance:
    """Counts per stage of the main line (stage ids in order) from the cards' outcomes.

    A won card has passed every stage. A card that saw no main stage counts at the first.
    """
    place = {stage_id: index for index, stage_id in enumerate(line)}
    standing: dict[tuple[int, str], int] = {}
    totals = {"won": 0, "lost": 0, "open": 0, "moved_out": 0}
    void = 0
    for outcome in outcomes:
        index = place.get(outcome.furthest_stage_id or 0, 0)
        key = (len(line) if outcome.state == "won" else index, outcome.state)
        standing[key] = standing.get(key, 0) + outcome.count
        totals[outcome.state] += outcome.count
        void += outcome.void
    rows = []
    reached = sum(totals.values())
    for index, stage_id in enumerate(line):
        here = {state: standing.get((index, state), 0) for state in ("lost", "open", "moved_out")}
        advanced = reached - sum(here.values())
        seen = dwell.get(stage_id, Dwell())
        rows.append(
            Row(
                stage_id=stage_id, reached=reached, advanced=advanced, lost=here["lost"],
                open=here["open"], moved_out=here["moved_out"],
                skipped=reached - seen.touched, returned=seen.returned,
            )
        )  # fmt: skip
        reached = advanced
    return Balance(rows=tuple(rows), entered=sum(totals.values()), void=void, **totals)


def ratio(part: int, whole: int) -> float | None:
    """A share rounded half-even to 4 places; None where there is nothing to divide by."""
    if whole == 0:
        return None
    exact = Decimal(part) / Decimal(whole)
    return float(exact.quantize(Decimal("0.0001"), ROUND_HALF_EVEN))


def win_rate(won: int, lost: int, void: int) -> float | None:
    """Won ÷ (won + lost); losses for reasons of the group `void` stay out."""
    return ratio(won, won + lost - void)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which a share lies, interpolated between neighbours (0.5 = median)."""
    if not values:
        return None
    ordered = sorted(values)
    at = (len(ordered) - 1) * share
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def days(seconds: float | None) -> float | None:
    """Seconds as days, to 4 places."""
    return None if seconds is None else round(seconds / SECONDS_A_DAY, 4)
