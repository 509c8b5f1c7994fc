"""Dates of terms by hand: month by month on the calendar, from the anchor alone."""

from datetime import date, timedelta


def later(start: date, period: str, times: int) -> date:
    """`start` and so many periods more (or fewer); a day that a month lacks is its last one."""
    count, unit = int(period[1:-1]) * times, period[-1]
    if unit in "DW":
        return start + timedelta(days=count * (7 if unit == "W" else 1))
    months = count * (12 if unit == "Y" else 1)
    first = start.replace(day=1)
    for _ in range(abs(months)):
        first = _next(first) if months > 0 else _before(first)
    return min(first + timedelta(days=start.day - 1), _next(first) - timedelta(days=1))


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)
