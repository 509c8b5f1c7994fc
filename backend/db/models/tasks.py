"""Tasks: what is to be done about a card or a client, by whom and by when."""

from sqlalchemy import CheckConstraint, Column, Index, String, Table, Text, text

from backend.db.base import (
    SQLITE,
    Instant,
    metadata,
    one_of,
    pk,
    ref,
    times,
    unique_while,
    version,
)

TASK_KINDS = ("call", "email", "meeting", "message", "todo")
FAMILIES = ("contact", "invoice", "payment", "decision")
CLOSERS = ("person", "card", "undo")

task = Table(
    "task",
    metadata,
    pk(),
    Column("title", String(255), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("family", String(16)),
    Column("due_at", Instant, nullable=False),
    ref("assignee_id", "app_user.id"),
    ref("card_id", "card.id", nullable=True),
    ref("client_id", "client.id", nullable=True),
    Column("made_by", String(64), comment="the rule that made or last raised it; NULL = by hand"),
    Column("done_at", Instant, comment="when it was done, or closed without being done"),
    Column("closed_by", String(8)),
    Column("outcome", Text),
    version(),
    *times(),
    Column("deleted_at", Instant),
    one_of("kind", TASK_KINDS),
    one_of("family", FAMILIES),
    one_of("closed_by", CLOSERS),
    CheckConstraint("length(title) > 0", name="title_given"),
    CheckConstraint("(card_id IS NULL) <> (client_id IS NULL)", name="is_about_one_record"),
    CheckConstraint("(done_at IS NULL) = (closed_by IS NULL)", name="done_says_by_whom"),
    CheckConstraint("deleted_at IS NULL OR done_at IS NOT NULL", name="deleted_is_closed"),
    unique_while(
        "next_step", "task", ("card_id", "family"), "made_by IS NOT NULL AND done_at IS NULL"
    ),
    Index(
        "ix_task_assignee_due",
        "assignee_id",
        "due_at",
        "id",
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
    Index("ix_task_card_id", "card_id"),
    Index("ix_task_client_id", "client_id"),
    **SQLITE,
)
