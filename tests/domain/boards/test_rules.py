"""Lanes by date and the picture of the funnel."""

from datetime import date
from itertools import pairwise

import pytest

from backend.domain.boards.rules import DATE_LANES, Band, bands, spans

D = date


@pytest.mark.parametrize(
    ("today", "ends"),
    [
        # a Tuesday: its week to the 15th, the next to the 22nd, the month to the 31st
        (D(2026, 3, 10), (D(2026, 3, 9), D(2026, 3, 15), D(2026, 3, 22), D(2026, 3, 31))),
        # a Sunday is the last day of its week
        (D(2026, 3, 15), (D(2026, 3, 14), D(2026, 3, 15), D(2026, 3, 22), D(2026, 3, 31))),
        # late in the month the weeks reach into the next one and leave the month nothing
        (D(2026, 2, 23), (D(2026, 2, 22), D(2026, 3, 1), D(2026, 3, 8), D(2026, 3, 8))),
        (D(2026, 12, 10), (D(2026, 12, 9), D(2026, 12, 13), D(2026, 12, 20), D(2026, 12, 31))),
    ],
)
def test_spans_follow_each_other_without_a_gap(today: date, ends: tuple[date, ...]) -> None:
    found = spans(today)
    assert tuple(span.key for span in found) == DATE_LANES
    assert tuple(span.last for span in found[:-1]) == ends
    assert (found[0].first, found[-1].last) == (None, None)
    for earlier, later in pairwise(found):
        assert earlier.last is not None
        assert later.first is not None
        assert (later.first - earlier.last).days == 1


def test_a_band_eases_into_the_next_and_never_vanishes() -> None:
    assert bands([100, 50, 1, 0], 0) == [
        Band(340, 170), Band(170, 15), Band(15, 0), Band(0, 0), Band(0, 0),
    ]  # fmt: skip
    assert bands([10], 5) == [Band(340, 170), Band(170, 170)]
    assert bands([], 0) == [Band(0, 0)]
