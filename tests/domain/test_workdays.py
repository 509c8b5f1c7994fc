"""Working days forwards: days off are jumped, days end at 18:00 where the company is."""

from datetime import UTC, date, datetime

import pytest

from backend.domain.workdays import START, Workdays, back, end_of, next_end, worked

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
    found = START.forward(date.fromisoformat(start), days)
    assert found == date.fromisoformat(expected)
    assert START.works(found)


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


def test_what_is_due_before_its_anchor_goes_back_to_a_working_day() -> None:
    days = ("2026-04-11", "2026-03-09", "2026-01-08", "2026-05-09", "2026-04-10")
    found = [str(START.backward(date.fromisoformat(day))) for day in days]
    assert found == ["2026-04-10", "2026-03-09", "2025-12-31", "2026-05-08", "2026-04-10"]


def test_a_calendar_of_ones_own() -> None:
    """2026: 9 March was a day off, the Saturday before 12 June is worked, Christmas is off."""
    own = Workdays(frozenset({"2026-03-09", "12-25", "02-29"}), frozenset({"2026-06-06"}))
    days = "2026-03-09 2027-03-09 2026-12-25 2031-12-25 2028-02-29 2026-06-06 2026-06-07 2026-01-01"
    worked = [own.works(date.fromisoformat(day)) for day in days.split()]
    assert worked == [False, True, False, False, False, True, False, True]
    assert own.forward(date(2026, 6, 5), 1) == date(2026, 6, 6)
    noon = datetime(2026, 3, 10, 9, tzinfo=UTC)
    assert back(noon, 2, own) == datetime(2026, 3, 5, 9, tzinfo=UTC)
    friday = datetime(2026, 6, 5, 16, tzinfo=UTC)
    assert next_end(friday, "Europe/Moscow", own) == datetime(2026, 6, 6, 15, tzinfo=UTC)


WORKED = [
    # Since, minutes, by then; Moscow is three hours ahead of UTC, 7 to 8 March 2026 is a weekend.
    ("2026-03-05T09:00", 60, "2026-03-05T10:00"),
    ("2026-03-05T05:00", 60, "2026-03-05T07:00"),  # 08:00 there: the hour begins at nine
    ("2026-03-05T14:30", 60, "2026-03-06T06:30"),  # half of it the next morning
    ("2026-03-06T14:30", 240, "2026-03-09T09:30"),  # over a weekend
    ("2026-03-05T20:00", 540, "2026-03-06T15:00"),  # a whole day of work, to its end
    ("2026-03-05T20:00", 541, "2026-03-09T06:01"),
]


@pytest.mark.parametrize(("since", "minutes", "by"), WORKED)
def test_working_minutes(since: str, minutes: int, by: str) -> None:
    start = datetime.fromisoformat(f"{since}+00:00")
    found = worked(start, minutes, "Europe/Moscow")
    assert found == datetime.fromisoformat(f"{by}+00:00")
