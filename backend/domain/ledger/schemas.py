"""The ledger of the nightly jobs by their days."""

from datetime import date, datetime

from msgspec import Struct


class Night(Struct, frozen=True, kw_only=True):
    """All runs of a job for one day: what was due, what of it was done, what failed.

    `late_days_max` is by how many days the latest of it came late; `interrupted` are the runs that
    did not come to their end: what they left was done by the next. `finished_at` is the end of the
    last one that did.
    """

    today: date
    runs: int
    interrupted: int
    checked: int
    activated: int
    failed: int
    late_days_max: int
    finished_at: datetime | None
