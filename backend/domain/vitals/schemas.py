"""What tells whether the product is well: the figures that alarms are set on."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class Server(Struct, frozen=True):
    """What a server process has counted since its start."""

    name: str
    started_at: datetime
    seen_at: datetime
    figures: dict[str, Any]


class Worker(Struct, frozen=True):
    """A worker's sign of life; `queue` is the mark of the queue that it serves."""

    name: str
    queue: str
    started_at: datetime
    seen_at: datetime


class Settled(Struct, frozen=True):
    """What a restored database takes for relayed, what the queue says of that, from where it goes
    on counting, and whether events are sent again."""

    relayed: int
    delivered: int | None
    next: int
    again: bool


class Vitals(Struct, frozen=True):
    """The state of all work, from the database alone; ages in seconds, None = there was never."""

    due_age: float
    parked: int
    sweep_age: float | None
    missed_ticks: int
    outbox_age: float
    outbox_waiting: int
    workers: int
    worker_age: float | None
    queues: int
    history_breaks: int | None
    history_age: float | None
    transaction_age: float
