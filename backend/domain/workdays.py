"""Working days: Monday to Friday but for the days off that the company names. Pure."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

BEGIN = time(9)
END = time(18)  # of the working hours at start, 09:00 to 18:00: by then a day's tasks are due
MOST_YEARLY = 100  # days off of each year: a working day is always to be found


class Workdays(Struct, frozen=True):
    """A working calendar: `05-09` is a day off of each year, `2027-05-10` one of that year.

    Days that are worked although they are days off, or at a weekend, are named one by one.
    """

    days_off: frozenset[str]
    working_days: frozenset[str] = frozenset()

    def works(self, day: date) -> bool:
        told = day.isoformat()
        if told in self.working_days:
            return True
        return day.weekday() < 5 and self.days_off.isdisjoint((told, told[5:]))

    def forward(self, day: date, days: int = 0) -> date:
        """The day that lies a number of working days after `day`; 0 = itself, or the next one.

        What falls on a day off after its anchor comes on the next working day.
        """
        while days > 0 or not self.works(day):
            day += timedelta(days=1)
            days -= self.works(day)
        return day

    def backward(self, day: date) -> date:
        """`day` itself, or the working day before it: for what is due before its anchor."""
        while not self.works(day):
            day -= timedelta(days=1)
        return day


# The fixed Russian holidays, with which every company starts.
START = Workdays(
    frozenset(
        {f"01-{day:02}" for day in range(1, 9)}
        | {"02-23", "03-08", "05-01", "05-09", "06-12", "11-04"}
    )
)


@lru_cache(maxsize=256)
def workdays(days_off: tuple[str, ...], working_days: tuple[str, ...]) -> Workdays:
    """The calendar that lists of days describe."""
    return Workdays(frozenset(days_off), frozenset(working_days))


@lru_cache(maxsize=256)
def back(now: datetime, days: int, calendar: Workdays = START) -> datetime:
    """The instant that lies a number of working days before `now`."""
    moment = now
    while days > 0:
        moment -= timedelta(days=1)
        if calendar.works(moment.date()):
            days -= 1
    return moment


def end_of(day: date, zone: str) -> datetime:
    """The instant at which the working hours of a day end in a time zone."""
    return datetime.combine(day, END, ZoneInfo(zone))


def worked(start: datetime, minutes: int, zone: str, calendar: Workdays = START) -> datetime:
    """The instant by which so many working minutes have passed since `start`."""
    left = timedelta(minutes=minutes)
    moment = start.astimezone(ZoneInfo(zone))
    while True:
        day = calendar.forward(moment.date())
        begin = max(moment, datetime.combine(day, BEGIN, ZoneInfo(zone)))
        room = max(end_of(day, zone) - begin, timedelta())
        if left <= room:
            return begin + left
        left -= room
        moment = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))


def end_after(now: datetime, days: int, zone: str, calendar: Workdays = START) -> datetime:
    """When the working hours end so many days from now, or those of the next working day."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return end_of(calendar.forward(today + timedelta(days=days)), zone)


def next_end(now: datetime, zone: str, calendar: Workdays = START) -> datetime:
    """When the working hours that run, or those that come next, end."""
    today = now.astimezone(ZoneInfo(zone)).date()
    end = end_of(calendar.forward(today), zone)
    return end if end > now else end_of(calendar.forward(today, 1), zone)
