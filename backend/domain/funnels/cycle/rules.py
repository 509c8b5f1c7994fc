"""What sales bring in a day. Pure."""

from collections.abc import Sequence
from fractions import Fraction

from msgspec import Struct

SECONDS_A_DAY = 86_400


class Pace(Struct, frozen=True):
    """Average won amount and amount a day, in minor units; average cycle in seconds."""

    average_won: int | None
    cycle: float | None
    per_day: int | None


def pace(open_cards: int, lost: int, amounts: Sequence[int], cycles: Sequence[int]) -> Pace:
    """Open cards × won ÷ (won + lost) × average won amount ÷ average cycle; None of nothing.

    `amounts` and `cycles` are those of the won cards; reckoned exactly, rounded half-even.
    """
    won = len(amounts)
    if not won:
        return Pace(None, None, None)
    average, cycle = Fraction(sum(amounts), won), Fraction(sum(cycles), won)
    per_day = None
    if cycle:
        rate = Fraction(won, won + lost)
        per_day = round(open_cards * rate * average * SECONDS_A_DAY / cycle)
    return Pace(round(average), float(cycle), per_day)
