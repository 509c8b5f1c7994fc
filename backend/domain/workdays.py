"""Working days: weekends and the fixed holidays of the start calendar. Pure."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# Month and day of the fixed Russian holidays.
HOLIDAYS = {(1, day) for day in range(1, 9)} | {(2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)}
END = time(18)  # of the working hours at start, 09:00 to 18:00: by then a day's tasks are due


def is_working(day: date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS


@lru_cache(maxsize=256)
def back(now: datetime, days: int) -> datetime:
    """The instant that lies a number of working days before `now`."""
    moment = now
    while days > 0:
        moment -= timedelta(days=1)
        if is_working(moment.date()):
            days -= 1
    return moment


def forward(day: date, days: int) -> date:
    """The day that lies a number of working days after `day`; 0 = itself, or the next working one.

    What falls on a day off after its anchor comes on the next working day.
    """
    while days > 0 or not is_working(day):
        day += timedelta(days=1)
        days -= is_working(day)
    return day


def end_of(day: date, zone: str) -> datetime:
    """The instant at which the working hours of a day end in a time zone."""
    return datetime.combine(day, END, ZoneInfo(zone))


def next_end(now: datetime, zone: str) -> datetime:
    """When the working hours that run, or those that come next, end."""
    today = now.astimezone(ZoneInfo(zone)).date()
    end = end_of(forward(today, 0), zone)
    return end if end > now else end_of(forward(today, 1), zone)
