"""Card events, the funnel's facts, the outbox, idempotency keys, heartbeats."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant, Json

revision = "2026_11_22_0950"
down_revision = "2026_11_22_0945"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card_event",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("card_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("pipeline_id", BigId, nullable=False),
        sa.Column("from_stage_id", BigId, nullable=True),
        sa.Column("to_stage_id", BigId, nullable=True),
        sa.Column("reason_id", BigId, nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "changes", Json, nullable=False, comment="[{field, before, after}] in database form"
        ),
        sa.Column(
            "made", Json, nullable=False, comment="what the move made elsewhere, for its withdrawal"
        ),
        sa.Column(
            "before", Json, nullable=True, comment="the columns a move wrote over, for its undo"
        ),
        sa.Column("caused_by_card_id", BigId, nullable=True),
        sa.Column("voids_id", BigId, nullable=True),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("token_id", BigId, nullable=True),
        sa.CheckConstraint(
            "(event = 'voided') = (voids_id IS NOT NULL)",
            name=op.f("ck_card_event_voided_names_its_event"),
        ),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'token', 'worker', 'import')",
            name=op.f("ck_card_event_actor_kind_known"),
        ),
        sa.CheckConstraint(
            "event IN ('created', 'activated', 'moved', 'won', 'lost', 'reopened', "
            "'pipeline_changed', 'held', 'edited', 'transferred', 'deleted', 'restored', "
            "'voided')",
            name=op.f("ck_card_event_event_known"),
        ),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_card_event_seq_range")),
        sa.ForeignKeyConstraint(["actor_id"], ["app_user.id"], name=op.f("fk_card_event_actor_id")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_event_card_id")),
        sa.ForeignKeyConstraint(
            ["caused_by_card_id"], ["card.id"], name=op.f("fk_card_event_caused_by_card_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_stage_id"], ["stage.id"], name=op.f("fk_card_event_from_stage_id")
        ),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline.id"], name=op.f("fk_card_event_pipeline_id")
        ),
        sa.ForeignKeyConstraint(["reason_id"], ["reason.id"], name=op.f("fk_card_event_reason_id")),
        sa.ForeignKeyConstraint(
            ["to_stage_id"], ["stage.id"], name=op.f("fk_card_event_to_stage_id")
        ),
        sa.ForeignKeyConstraint(
            ["token_id"], ["api_token.id"], name=op.f("fk_card_event_token_id")
        ),
        sa.ForeignKeyConstraint(
            ["voids_id"], ["card_event.id"], name=op.f("fk_card_event_voids_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_event")),
        sa.UniqueConstraint("card_id", "seq", name=op.f("uq_card_event_card_id_seq")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_card_event_voids",
        "card_event",
        ["voids_id"],
        unique=True,
        sqlite_where=sa.text("voids_id IS NOT NULL"),
        postgresql_where=sa.text("voids_id IS NOT NULL"),
    )

    op.create_table(
        "card_funnel",
        sa.Column("card_id", BigId, autoincrement=False, nullable=False),
        sa.Column("pipeline_id", BigId, autoincrement=False, nullable=False),
        sa.Column("entered_at", Instant(), nullable=False),
        sa.Column("furthest_stage_id", BigId, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lost_from_stage_id", BigId, nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("entered_late", sa.Boolean(), nullable=False),
        sa.Column("reopened", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'won', 'lost', 'moved_out')", name=op.f("ck_card_funnel_state_known")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_funnel_card_id")),
        sa.ForeignKeyConstraint(
            ["furthest_stage_id"], ["stage.id"], name=op.f("fk_card_funnel_furthest_stage_id")
        ),
        sa.ForeignKeyConstraint(
            ["lost_from_stage_id"], ["stage.id"], name=op.f("fk_card_funnel_lost_from_stage_id")
        ),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline.id"], name=op.f("fk_card_funnel_pipeline_id")
        ),
        sa.PrimaryKeyConstraint("card_id", "pipeline_id", name=op.f("pk_card_funnel")),
    )
    op.create_index(
        "ix_card_funnel_cohort", "card_funnel", ["pipeline_id", "entered_at"], unique=False
    )

    op.create_table(
        "card_stage_visit",
        sa.Column("card_id", BigId, autoincrement=False, nullable=False),
        sa.Column("stage_id", BigId, autoincrement=False, nullable=False),
        sa.Column("pipeline_id", BigId, nullable=False),
        sa.Column("cohort_at", Instant(), nullable=False, comment="card_funnel.entered_at"),
        sa.Column("first_entered_at", Instant(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False, comment="entries from a later stage"),
        sa.Column("seconds", sa.BigInteger(), nullable=False, comment="of the finished visits"),
        sa.Column("open_since", Instant(), nullable=True),
        sa.CheckConstraint(
            "visits >= 1 AND returns >= 0 AND seconds >= 0",
            name=op.f("ck_card_stage_visit_counters_range"),
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_stage_visit_card_id")),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline.id"], name=op.f("fk_card_stage_visit_pipeline_id")
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name=op.f("fk_card_stage_visit_stage_id")
        ),
        sa.PrimaryKeyConstraint("card_id", "stage_id", name=op.f("pk_card_stage_visit")),
    )
    op.create_index(
        "ix_card_stage_visit_cohort", "card_stage_visit", ["pipeline_id", "cohort_at"], unique=False
    )

    op.create_table(
        "outbox_event",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'token', 'worker', 'import')",
            name=op.f("ck_outbox_event_actor_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["app_user.id"], name=op.f("fk_outbox_event_actor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_event")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_event_unsent",
        "outbox_event",
        ["id"],
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )

    op.create_table(
        "idempotency_key",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False, comment="the token"),
        sa.Column("route", sa.Text(), nullable=False, comment="method and full path"),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "status", sa.Integer(), nullable=True, comment="NULL while the first request runs"
        ),
        sa.Column("headers", Json, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint(
            "scope", "route", "key", name=op.f("uq_idempotency_key_scope_route_key")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False
    )

    op.create_table(
        "worker_heartbeat",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("queue", sa.String(length=255), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_heartbeat")),
    )


def downgrade() -> None:
    op.drop_table("worker_heartbeat")
    op.drop_table("idempotency_key")
    op.drop_table("outbox_event")
    op.drop_table("card_stage_visit")
    op.drop_table("card_funnel")
    op.drop_table("card_event")
