"""What happened: card events, the funnel's facts, idempotency keys, heartbeats."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from backend.db.base import SQLITE, BigId, Instant, Json, metadata, one_of, pk, ref, unique_while

STAGE_EVENTS = ("created", "activated", "moved", "won", "lost", "reopened", "pipeline_changed")
CARD_EVENTS = (*STAGE_EVENTS, "held", "edited", "transferred", "deleted", "restored", "voided")
ACTORS = ("user", "token", "worker", "import")

# Append-only: the migrations add triggers that refuse UPDATE and DELETE.
card_event = Table(
    "card_event",
    metadata,
    pk(),
    ref("card_id", "card.id"),
    Column("seq", Integer, nullable=False),
    Column("event", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    ref("pipeline_id", "pipeline.id"),
    ref("from_stage_id", "stage.id", nullable=True),
    ref("to_stage_id", "stage.id", nullable=True),
    ref("reason_id", "reason.id", nullable=True),
    Column("comment", Text),
    Column("amount", BigInteger),
    Column("currency", String(3), nullable=False),
    Column("changes", Json, nullable=False, comment="[{field, before, after}] in database form"),
    Column(
        "made", Json, nullable=False, comment="what the move made elsewhere, for its withdrawal"
    ),
    Column("before", Json, comment="the columns a move wrote over, for its undo"),
    ref("caused_by_card_id", "card.id", nullable=True),
    ref("voids_id", "card_event.id", nullable=True),
    Column("actor_kind", String(8), nullable=False),
    ref("actor_id", "app_user.id", nullable=True),
    ref("token_id", "api_token.id", nullable=True),
    UniqueConstraint("card_id", "seq"),
    one_of("event", CARD_EVENTS),
    one_of("actor_kind", ACTORS),
    CheckConstraint("seq >= 1", name="seq_range"),
    CheckConstraint("(event = 'voided') = (voids_id IS NOT NULL)", name="voided_names_its_event"),
    unique_while("voids", "card_event", ("voids_id",), "voids_id IS NOT NULL"),
    Index("ix_card_event_at", "at"),
    **SQLITE,
)

card_funnel = Table(
    "card_funnel",
    metadata,
    Column("card_id", BigId, ForeignKey("card.id"), primary_key=True, autoincrement=False),
    Column("pipeline_id", BigId, ForeignKey("pipeline.id"), primary_key=True, autoincrement=False),
    Column("entered_at", Instant, nullable=False),
    ref("furthest_stage_id", "stage.id", nullable=True),
    Column("state", String(16), nullable=False),
    ref("lost_from_stage_id", "stage.id", nullable=True),
    Column("closed_at", Instant),
    Column("entered_late", Boolean, nullable=False),
    Column("reopened", Integer, nullable=False, server_default=text("0")),
    ref("strict_stage_id", "stage.id", nullable=True),
    Column("touched", Text, nullable=False, server_default="", comment="stage ids, in order"),
    Column("returned", Text, nullable=False, server_default="", comment="of those, come back to"),
    ref("reason_id", "reason.id", nullable=True),
    one_of("state", ("open", "won", "lost", "moved_out")),
    Index(
        "ix_card_funnel_cohort",
        "pipeline_id",
        "entered_at",
        postgresql_include=[
            "card_id",
            "furthest_stage_id",
            "strict_stage_id",
            "state",
            "touched",
            "returned",
            "reopened",
            "entered_late",
            "reason_id",
        ],
    ),
    Index("ix_card_funnel_closed", "pipeline_id", "closed_at"),
)

card_stage_visit = Table(
    "card_stage_visit",
    metadata,
    Column("card_id", BigId, ForeignKey("card.id"), primary_key=True, autoincrement=False),
    Column("stage_id", BigId, ForeignKey("stage.id"), primary_key=True, autoincrement=False),
    ref("pipeline_id", "pipeline.id"),
    Column("cohort_at", Instant, nullable=False, comment="card_funnel.entered_at"),
    Column("first_entered_at", Instant, nullable=False),
    Column("visits", Integer, nullable=False),
    Column("returns", Integer, nullable=False, comment="entries from a later stage"),
    Column("seconds", BigInteger, nullable=False, comment="of the finished visits"),
    Column("open_since", Instant),
    CheckConstraint("visits >= 1 AND returns >= 0 AND seconds >= 0", name="counters_range"),
)

# Times in stages, of a cohort or of all cards: stage by stage from the index alone.
_cohort = [card_stage_visit.c[name] for name in ("pipeline_id", "stage_id", "cohort_at")]
_spent = [card_stage_visit.c[name] for name in ("card_id", "visits", "seconds", "open_since")]
Index("ix_card_stage_visit_cohort", *_cohort, postgresql_include=_spent).ddl_if(
    dialect="postgresql"
)
Index("ix_card_stage_visit_cohort", *_cohort, *_spent).ddl_if(dialect="sqlite")

idempotency_key = Table(
    "idempotency_key",
    metadata,
    pk(),
    Column("scope", String(64), nullable=False, comment="the token"),
    Column("route", Text, nullable=False, comment="method and full path"),
    Column("key", String(255), nullable=False),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer, comment="NULL while the first request runs"),
    Column("headers", Json),
    Column("body", LargeBinary),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("scope", "route", "key"),
    Index("ix_idempotency_key_created_at", "created_at"),
    **SQLITE,
)

worker_heartbeat = Table(
    "worker_heartbeat",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("queue", String(255), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)
