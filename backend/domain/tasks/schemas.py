"""Tasks as the outside sees and writes them."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.cards.schemas import Id, Instant, Kind, Line, Title
from backend.reading import sorted_by

TaskKind = Literal["call", "email", "meeting", "message", "todo"]


class Task(Struct, frozen=True, kw_only=True):
    """What is to be done about a card or a client.

    `made_by` names the rule that made it, with the family of which a card has one open task at
    most. `done_at` is set when it is closed, `closed_by` says by whom: a person who has done it,
    or the card that was closed or moved on.
    """

    id: int
    title: str
    kind: TaskKind
    family: Literal["contact", "invoice", "payment", "decision"] | None
    due_at: datetime
    assignee_id: int
    assignee_name: str
    card_id: int | None
    card_kind: Kind | None
    card_number: str | None
    client_id: int | None
    client_name: str | None
    made_by: str | None
    done_at: datetime | None
    closed_by: Literal["person", "card", "undo"] | None
    outcome: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class Tasks(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of tasks."""

    items: list[Task]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class TaskFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a task that may be written.

    `done` closes it now, or opens it again; `done_at` does the same and says when it was done.
    """

    title: Title | UnsetType = UNSET
    due_at: Instant | UnsetType = UNSET
    kind: TaskKind | UnsetType = UNSET
    assignee_id: Id | UnsetType = UNSET
    outcome: Line | None | UnsetType = UNSET
    done: bool | UnsetType = UNSET
    done_at: Instant | None | UnsetType = UNSET


class TaskCreate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new task about a card or a client.

    It is the caller's own unless it says whose, and due when the working day ends unless it says
    when.
    """

    title: Title
    due_at: Instant | UnsetType = UNSET
    kind: TaskKind = "todo"
    assignee_id: Id | UnsetType = UNSET
    card_id: Id | None | UnsetType = UNSET
    client_id: Id | None | UnsetType = UNSET
    outcome: Line | None | UnsetType = UNSET


class TaskFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the list of tasks; days are the company's, both included."""

    assignee_id: Id | None = None
    card_id: Id | None = None
    client_id: Id | None = None
    kind: TaskKind | None = None
    done: bool | None = None
    due_from: date | None = None
    due_to: date | None = None
    sort: Annotated[str, sorted_by("id", "due_at")] = "due_at"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False
