"""The hourly sweep over the changes of summer time: each day comes once, and soon."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from arq.cron import CronJob

from backend.domain.access import Company
from backend.domain.flows.runs import business_day
from jobs.worker import WorkerSettings

BERLIN = ZoneInfo("Europe/Berlin")
CHANGES = [date(2027, 3, 28), date(2027, 10, 31)]


def hourly() -> CronJob:
    return next(job for job in WorkerSettings.cron_jobs if "sweep_renewals" in job.name)


def ticks(around: date, zone: tzinfo) -> Iterator[datetime]:
    """When the sweep runs in the four days around a day, by the clock of a worker in a zone."""
    job = hourly()
    now = datetime(around.year, around.month, around.day, tzinfo=zone) - timedelta(days=2)
    for _ in range(96):
        job.calculate_next(now)
        assert job.next_run is not None
        now = job.next_run
        yield now.astimezone(UTC)


def longest_gap(around: date, zone: tzinfo) -> timedelta:
    return max(later - earlier for earlier, later in pairwise(ticks(around, zone)))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("hour", [0, 2, 3, 6])
def test_each_local_day_comes_once_and_within_the_hour(change: date, hour: int) -> None:
    company = Company(
        time_zone="Europe/Berlin", currency="EUR", locale="en", sweep_hour=hour, grace_days=30,
        offer_validity="P14D", discount_limit=0, margin_floor=0, days_off=[], working_days=[],
    )  # fmt: skip
    assert WorkerSettings.timezone is UTC
    assert longest_gap(change, UTC) == timedelta(hours=1)
    days = [(business_day(at, company), at) for at in ticks(change, UTC)]
    begins = [later for earlier, later in pairwise(days) if later[0] != earlier[0]]
    come = [day for day, _ in begins]
    assert come == [come[0] + timedelta(days=number) for number in range(len(come))]
    assert {change, change + timedelta(days=1)} <= set(come)
    for day, at in begins:
        opens = datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN).astimezone(UTC)
        assert timedelta(0) <= at - opens <= timedelta(minutes=61)


def test_a_worker_that_went_by_local_time_would_miss_an_hour() -> None:
    assert longest_gap(CHANGES[1], BERLIN) == timedelta(hours=2)
