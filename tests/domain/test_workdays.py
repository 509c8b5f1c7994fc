"""Working days forwards: days off are jumped, days end at 18:00 where the company is."""

from datetime import UTC, date, datetime

import pytest

from backend.domain.workdays import end_of, forward, is_working, next_end

FORWARD = [
    ("2026-03-10", 0, "2026-03-10"),
    ("2026-03-10", 1, "2026-03-11"),
    ("2026-03-10", 3, "2026-03-13"),
    ("2026-03-10", 4, "2026-03-16"),
    ("2026-03-13", 1, "2026-03-16"),
    ("2026-03-14", 0, "2026-03-16"),
    ("2026-03-14", 1, "2026-03-16"),
    ("2026-03-15", 2, "2026-03-17"),
    ("2026-02-20", 1, "2026-02-24"),  # a weekend and a holiday on Monday
    ("2025-12-31", 1, "2026-01-09"),
    ("2026-01-03", 0, "2026-01-09"),
    ("2026-04-30", 2, "2026-05-05"),
    ("2026-11-03", 1, "2026-11-05"),
]


@pytest.mark.parametrize(("start", "days", "expected"), FORWARD)
def test_forward(start: str, days: int, expected: str) -> None:
    found = forward(date.fromisoformat(start), days)
    assert found == date.fromisoformat(expected)
    assert is_working(found)


def test_a_day_ends_where_the_company_is() -> None:
    day = date(2026, 3, 12)
    assert end_of(day, "Europe/Moscow") == datetime(2026, 3, 12, 15, tzinfo=UTC)
    assert end_of(day, "Asia/Vladivostok") == datetime(2026, 3, 12, 8, tzinfo=UTC)
    # Summer time begins on 29 March.
    assert end_of(date(2026, 3, 27), "Europe/Berlin") == datetime(2026, 3, 27, 17, tzinfo=UTC)
    assert end_of(date(2026, 3, 30), "Europe/Berlin") == datetime(2026, 3, 30, 16, tzinfo=UTC)


NEXT_END = [
    ("2026-03-10T09:00", "2026-03-10T15:00"),
    ("2026-03-10T14:59", "2026-03-10T15:00"),
    ("2026-03-10T15:00", "2026-03-11T15:00"),
    ("2026-03-10T21:30", "2026-03-11T15:00"),  # past midnight in Moscow
    ("2026-03-13T16:00", "2026-03-16T15:00"),
    ("2026-03-14T09:00", "2026-03-16T15:00"),
]


@pytest.mark.parametrize(("now", "expected"), NEXT_END)
def test_the_next_end_of_working_hours(now: str, expected: str) -> None:
    found = next_end(datetime.fromisoformat(now).replace(tzinfo=UTC), "Europe/Moscow")
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
