"""The change log, as the outside sees it."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from backend.domain.cards.schemas import Actor, Change, Id, Word

Moment = Annotated[
    str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2}))?$")
]
Channel = Literal["web", "token", "worker", "import", "command"]
RecordKind = Literal[
    "activity", "agreement", "client", "contact", "deal", "lead", "notification", "offer",
    "pipeline", "product", "reason", "reminder", "reminder_rule", "renewal", "settings", "stage",
    "sweep", "task", "team", "token", "user",
]  # fmt: skip


class Event(Struct, frozen=True, kw_only=True):
    """That a record was written: fetch it for what it is now."""

    seq: int
    at: datetime
    type: str
    kind: str
    id: int
    version: int
    actor: Actor


class Events(Struct, frozen=True):
    """Events in order. `after` is where to go on, also where nothing was left to be shown."""

    items: list[Event]
    after: int


class EventFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where on, and how many at most."""

    after: Annotated[int, Meta(ge=0, le=2**53)] = 0
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Entry(Event, frozen=True, kw_only=True):
    """One written version of a record: by whom, on which way, what was there before and after."""

    channel: Channel
    request_id: str | None
    changes: list[Change]


class Audit(Struct, frozen=True):
    """A page of the log, newest first."""

    items: list[Entry]
    next_cursor: str | None


class AuditFilters(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"since": "from", "until": "to"},
):
    """Filters and paging of the log; `actor` is a user, whatever way he came.

    `from` and `to` are instants, or days at the company, the last one with all its hours.
    """

    kind: RecordKind | None = None
    id: Id | None = None
    actor: Id | None = None
    channel: Channel | None = None
    since: Moment | None = None
    until: Moment | None = None
    type: Word | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
