"""Dates of renewals: worked literals, and properties against a slow walk over the calendar."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.calendar import Period, activation_date, shift, term_date
from backend.domain.renewals.rules import reached
from backend.errors import NotAcceptable


def day(text: str) -> date:
    return date.fromisoformat(text)


LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def length(year: int, month: int) -> int:
    """The days of a month by the rule that schools teach."""
    leap = year % 400 == 0 or (year % 4 == 0 and year % 100 != 0)
    return LENGTHS[month - 1] + (leap and month == 2)


def walked(start: date, months: int) -> date:
    """`start` some months on or back, one month at a time: none of the product's arithmetic."""
    year, month = start.year, start.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month == 13:
            year, month = year + 1, 1
        elif month == 0:
            year, month = year - 1, 12
    return date(year, month, min(start.day, length(year, month)))


# Chains of terms from an anchor of cycle 1.
CHAINS = {
    "monthly from 31 January": (
        "2026-01-31", "P1M",
        ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"],
    ),
    "monthly from 31 January of a leap year": (
        "2028-01-31", "P1M", ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"],
    ),
    "yearly from 29 February": (
        "2024-02-29", "P1Y",
        ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"],
    ),
    "quarterly from 30 November": (
        "2025-11-30", "P3M",
        ["2025-11-30", "2026-02-28", "2026-05-30", "2026-08-30", "2026-11-30", "2027-02-28"],
    ),
    "half-yearly from 31 August": (
        "2025-08-31", "P6M", ["2025-08-31", "2026-02-28", "2026-08-31", "2027-02-28"],
    ),
    "fortnightly over the end of the year": (
        "2026-12-20", "P2W", ["2026-12-20", "2027-01-03", "2027-01-17"],
    ),
    "every thirty days": ("2026-01-31", "P30D", ["2026-01-31", "2026-03-02", "2026-04-01"]),
    "yearly over a century that is no leap year": (
        "2096-02-29", "P4Y", ["2096-02-29", "2100-02-28", "2104-02-29"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("anchor", "period", "dates"), CHAINS.values(), ids=CHAINS.keys())
def test_chains_of_terms(anchor: str, period: str, dates: list[str]) -> None:
    span = Period.parse(period)
    found = [term_date(day(anchor), 1, span, cycle) for cycle in range(1, len(dates) + 1)]
    assert [str(one) for one in found] == dates


def test_the_anchor_may_stand_at_any_cycle() -> None:
    month = Period.parse("P1M")
    assert str(term_date(day("2026-01-31"), 0, month, 1)) == "2026-02-28"
    assert str(term_date(day("2026-01-31"), 7, month, 9)) == "2026-03-31"
    assert str(term_date(day("2026-03-31"), 3, month, 2)) == "2026-02-28"


@pytest.mark.parametrize(
    ("due", "lead", "activates"),
    [
        ("2026-05-09", "P1M", "2026-04-09"),
        ("2026-05-09", "P30D", "2026-04-09"),
        ("2026-05-16", "P1M", "2026-04-16"),
        ("2026-05-09", "P0D", "2026-05-09"),
        ("2026-05-31", "P1M", "2026-04-30"),
        ("2026-05-30", "P1M", "2026-04-30"),
        ("2026-03-31", "P1M", "2026-02-28"),
        ("2028-03-31", "P1M", "2028-02-29"),
        ("2026-03-01", "P1M", "2026-02-01"),
        ("2028-02-29", "P1Y", "2027-02-28"),
        ("2026-05-09", "P2W", "2026-04-25"),
        ("2026-01-15", "P2M", "2025-11-15"),
    ],
)
def test_activation_dates(due: str, lead: str, activates: str) -> None:
    assert str(activation_date(day(due), Period.parse(lead))) == activates


def test_no_day_of_april_names_31_may_by_adding_a_month() -> None:
    """Why due is found by comparing with the stored day, never by adding the lead to today."""
    april = [day("2026-04-01") + timedelta(days=n) for n in range(30)]
    assert day("2026-05-31") not in [shift(one, Period.parse("P1M")) for one in april]
    assert activation_date(day("2026-05-31"), Period.parse("P1M")) in april


def test_nothing_behind_the_day_reached_comes_by_then() -> None:
    """So that a preview under another lead time need not look at all that wait."""
    for lead in ("P0D", "P2W", "P1M", "P3M", "P1Y"):
        for number in range(731):  # a leap year and one that is none
            last = day("2027-01-01") + timedelta(days=number)
            behind = reached(last, lead) + timedelta(days=1)
            assert activation_date(behind, Period.parse(lead)) > last
    assert reached(date.max, "P1M") == date.max


YEARS_400 = range(2000, 2400)
STRIDE = 29  # 5,038 anchors: every day of every month of the year is among them


def days_of_400_years(stride: int) -> Iterator[date]:
    first = date(YEARS_400[0], 1, 1)
    count = (date(YEARS_400[-1] + 1, 1, 1) - first).days
    assert count == 146_097
    return (first + timedelta(days=n) for n in range(0, count, stride))


def test_every_day_of_400_years_as_anchor_of_a_monthly_term() -> None:
    """All 146,097 anchors, one to three months on, against the days each month has."""
    month = Period.parse("P1M")
    wrong = []
    for anchor in days_of_400_years(1):
        for n in (1, 2, 3):
            year, index = anchor.year, anchor.month + n
            if index > 12:
                year, index = year + 1, index - 12
            expected = date(year, index, min(anchor.day, length(year, index)))
            if term_date(anchor, 0, month, n) != expected:
                wrong.append((anchor, n))
    assert wrong == []


@pytest.mark.parametrize("period", ["P1M", "P3M", "P6M", "P1Y", "P5Y"])
def test_terms_rise_strictly_and_keep_the_anchors_day(period: str) -> None:
    """A sample: every 29th day of 400 years as anchor, twelve terms each."""
    span = Period.parse(period)
    wrong = []
    for anchor in days_of_400_years(STRIDE):
        chain = [term_date(anchor, 1, span, cycle) for cycle in range(1, 14)]
        rising = all(a < b for a, b in pairwise(chain))
        kept = all(one.day == min(anchor.day, length(one.year, one.month)) for one in chain)
        if not (rising and kept and chain[0] == anchor):
            wrong.append(anchor)
    assert wrong == []


anchors = st.dates(date(1990, 1, 1), date(2190, 12, 31))
counts = st.integers(1, 60)


@given(anchors, counts, st.sampled_from("MY"), st.integers(-20, 20))
def test_months_and_years_as_a_walk_finds_them(
    anchor: date, count: int, unit: str, times: int
) -> None:
    months = count * times * (12 if unit == "Y" else 1)
    if abs(months) <= 1200:
        assert shift(anchor, Period(count, unit), times) == walked(anchor, months)


@given(anchors, counts, st.sampled_from("DW"), st.integers(-20, 20))
def test_days_and_weeks_are_counted_by_the_day_number(
    anchor: date, count: int, unit: str, times: int
) -> None:
    days = count * times * (7 if unit == "W" else 1)
    assert shift(anchor, Period(count, unit), times).toordinal() == anchor.toordinal() + days


@given(anchors, counts, st.sampled_from("DWMY"), st.integers(0, 40))
def test_a_later_cycle_is_a_later_day(anchor: date, count: int, unit: str, cycle: int) -> None:
    span = Period(count, unit)
    assert term_date(anchor, 0, span, cycle) < term_date(anchor, 0, span, cycle + 1)


@given(anchors, counts, st.sampled_from("DWMY"), st.integers(0, 9), st.integers(0, 9))
def test_terms_come_from_the_anchor_and_not_from_one_another(
    anchor: date, count: int, unit: str, first: int, more: int
) -> None:
    """Re-anchoring at a term with the anchor's own day changes nothing that follows."""
    span = Period(count, unit)
    middle = term_date(anchor, 0, span, first)
    if middle.day == anchor.day:
        assert term_date(middle, first, span, first + more) == term_date(
            anchor, 0, span, first + more
        )


@given(anchors, st.integers(0, 60), st.sampled_from("DWMY"))
def test_activation_is_never_after_the_date(due: date, count: int, unit: str) -> None:
    assert activation_date(due, Period(count, unit)) <= due


@given(st.integers(0, 9999), st.sampled_from("DWMY"))
def test_a_period_is_read_as_it_is_written(count: int, unit: str) -> None:
    text = f"P{count}{unit}"
    assert Period.parse(text) == Period(count, unit)
    assert str(Period(count, unit)) == text


@pytest.mark.parametrize(
    "text",
    ["", "P", "1M", "P1", "P-1M", "P1m", "p1M", "P1M\n", " P1M", "P01M", "P1M1D", "PT1H", "P1.5M",
     "P10000D", "P١M", "P1H"],
)  # fmt: skip
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(NotAcceptable, match="not a period"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("start", "period", "times"),
    [
        ("9999-12-31", "P1D", 1), ("9999-12-01", "P1M", 1), ("9000-01-01", "P9999Y", 1),
        ("0001-01-01", "P1D", -1), ("0001-01-31", "P1M", -1), ("0001-06-01", "P9999Y", -1),
        ("2026-01-01", "P9999W", 9_999_999),
    ],
)  # fmt: skip
def test_the_calendar_has_two_ends(start: str, period: str, times: int) -> None:
    with pytest.raises(NotAcceptable, match="outside the calendar"):
        shift(day(start), Period.parse(period), times)
