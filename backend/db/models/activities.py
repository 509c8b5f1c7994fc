"""Activities: what people have done or said about a card or a client."""

from sqlalchemy import CheckConstraint, Column, Index, String, Table, Text

from backend.db.base import SQLITE, Instant, metadata, one_of, pk, ref, times, version

ACTIVITY_KINDS = ("call", "email", "meeting", "note")
DIRECTIONS = ("in", "out")

activity = Table(
    "activity",
    metadata,
    pk(),
    Column("kind", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("direction", String(8), comment="of calls and e-mails"),
    Column("outcome", String(255)),
    Column("body", Text),
    ref("author_id", "app_user.id", nullable=True),
    ref("card_id", "card.id", nullable=True),
    ref("client_id", "client.id", nullable=True),
    version(),
    *times(),
    Column("deleted_at", Instant),
    one_of("kind", ACTIVITY_KINDS),
    one_of("direction", DIRECTIONS),
    CheckConstraint(
        "direction IS NULL OR kind IN ('call', 'email')", name="direction_where_there_is_one"
    ),
    CheckConstraint("kind <> 'note' OR body IS NOT NULL", name="note_says_something"),
    CheckConstraint("(card_id IS NULL) <> (client_id IS NULL)", name="is_about_one_record"),
    Index("ix_activity_card_at", "card_id", "at"),
    Index("ix_activity_client_at", "client_id", "at"),
    **SQLITE,
)
