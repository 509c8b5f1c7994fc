"""Working days: weekends and the fixed holidays of the start calendar. Pure."""

from datetime import date, datetime, timedelta

# Month and day of the fixed Russian holidays.
HOLIDAYS = {(1, day) for day in range(1, 9)} | {(2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)}


def is_working(day: date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS


def back(now: datetime, days: int) -> datetime:
    """The instant that lies a number of working days before `now`."""
    moment = now
    while days > 0:
        moment -= timedelta(days=1)
        if is_working(moment.date()):
            days -= 1
    return moment
