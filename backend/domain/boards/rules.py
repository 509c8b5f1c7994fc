"""What a board is made of: its lanes by date, the shape of its funnel band. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from backend.domain.money import divide

DATE_LANES = ("overdue", "this_week", "next_week", "this_month", "later")
TALLEST, THINNEST = 340, 15  # of 400, the height of the picture


class Span(Struct, frozen=True):
    """A lane by date: its days, both inclusive; None = without an end."""

    key: str
    first: date | None
    last: date | None


def spans(today: date) -> list[Span]:
    """Overdue, the rest of this week, the next, the rest of the month after it, all later.

    A week begins on Monday. Late in a month its last lane is empty: the weeks have taken its days.
    """
    sunday = today + timedelta(days=6 - today.weekday())
    next_sunday = sunday + timedelta(days=7)
    first_of_next = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    month_end = max(first_of_next - timedelta(days=1), next_sunday)
    day = timedelta(days=1)
    bounds = [(None, today - day), (today, sunday), (sunday + day, next_sunday),
              (next_sunday + day, month_end), (month_end + day, None)]  # fmt: skip
    return [Span(key, *bound) for key, bound in zip(DATE_LANES, bounds, strict=True)]


class Band(Struct, frozen=True):
    """One piece of the funnel's picture: its height at the left and at the right, of 400."""

    left: int
    right: int


def bands(reached: Sequence[int], won: int) -> list[Band]:
    """The picture of a funnel: a piece for each main stage and one for the win.

    Each eases into the height of the next; a stage that anybody reached never vanishes.
    """
    counts = [*reached, won]
    most = max(counts, default=0)
    heights = [
        0 if count == 0 else max(THINNEST, divide(TALLEST * count, most)) for count in counts
    ]
    return [Band(*pair) for pair in zip(heights, [*heights[1:], heights[-1]], strict=True)]
