"""Pipelines with their stages and reasons."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant, Json

revision = "2026_11_22_0920"
down_revision = "2026_11_22_0910"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pipeline",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name_ru", sa.String(length=128), nullable=False),
        sa.Column("name_en", sa.String(length=128), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("renewal_on_win", sa.String(length=8), nullable=True, comment="deals only"),
        sa.Column("lead_time", sa.String(length=8), nullable=True, comment="renewals only"),
        sa.Column("approval_mode", sa.String(length=16), nullable=True, comment="offers only"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'deal') = (renewal_on_win IS NOT NULL)",
            name=op.f("ck_pipeline_renewal_on_win_for_deals"),
        ),
        sa.CheckConstraint(
            "(kind = 'offer') = (approval_mode IS NOT NULL)",
            name=op.f("ck_pipeline_approval_mode_for_offers"),
        ),
        sa.CheckConstraint(
            "(kind = 'renewal') = (lead_time IS NOT NULL)",
            name=op.f("ck_pipeline_lead_time_for_renewals"),
        ),
        sa.CheckConstraint(
            "approval_mode IN ('always', 'over_limit', 'never')",
            name=op.f("ck_pipeline_approval_mode_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('lead', 'offer', 'deal', 'renewal')", name=op.f("ck_pipeline_kind_known")
        ),
        sa.CheckConstraint(
            "renewal_on_win IN ('required', 'offer', 'off')",
            name=op.f("ck_pipeline_renewal_on_win_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline")),
        sa.UniqueConstraint("id", "kind", name=op.f("uq_pipeline_id_kind")),
        sa.UniqueConstraint("key", name=op.f("uq_pipeline_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_pipeline_one_for_offers",
        "pipeline",
        ["kind"],
        unique=True,
        sqlite_where=sa.text("kind = 'offer'"),
        postgresql_where=sa.text("kind = 'offer'"),
    )

    op.create_table(
        "stage",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("pipeline_id", BigId, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("group_ru", sa.String(length=64), nullable=True),
        sa.Column("group_en", sa.String(length=64), nullable=True),
        sa.Column("name_ru", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("meaning_ru", sa.Text(), server_default="", nullable=False),
        sa.Column("meaning_en", sa.Text(), server_default="", nullable=False),
        sa.Column("instructions_ru", sa.Text(), server_default="", nullable=False),
        sa.Column("instructions_en", sa.Text(), server_default="", nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False, comment="per cent"),
        sa.Column("rot_days", sa.Integer(), nullable=True),
        sa.Column("wip_limit", sa.Integer(), nullable=True),
        sa.Column("required_fields", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("from_stages", Json, nullable=True, comment="keys; NULL = from anywhere"),
        sa.Column("checklist", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("replaced_by_id", BigId, nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('holding', 'open', 'detour', 'won', 'lost')", name=op.f("ck_stage_kind_known")
        ),
        sa.CheckConstraint(
            "probability BETWEEN 0 AND 100", name=op.f("ck_stage_probability_range")
        ),
        sa.CheckConstraint("rot_days > 0", name=op.f("ck_stage_rot_days_range")),
        sa.CheckConstraint("wip_limit > 0", name=op.f("ck_stage_wip_limit_range")),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline.id"], name=op.f("fk_stage_pipeline_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["stage.id"], name=op.f("fk_stage_replaced_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage")),
        sa.UniqueConstraint("id", "pipeline_id", name=op.f("uq_stage_id_pipeline_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_stage_key",
        "stage",
        ["pipeline_id", "key"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_stage_one_holding",
        "stage",
        ["pipeline_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'holding' AND deleted_at IS NULL"),
        postgresql_where=sa.text("kind = 'holding' AND deleted_at IS NULL"),
    )

    op.create_table(
        "reason",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("pipeline_id", BigId, nullable=False),
        sa.Column("use", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_ru", sa.String(length=128), nullable=False),
        sa.Column("name_en", sa.String(length=128), nullable=False),
        sa.Column("group", sa.String(length=8), nullable=False),
        sa.Column("churn", sa.String(length=16), nullable=True, comment="lost renewals only"),
        sa.Column(
            "ask",
            sa.String(length=32),
            nullable=True,
            comment="the field that the choice demands or offers",
        ),
        sa.Column("ask_required", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("limit_percent", sa.Integer(), nullable=True, comment="hundredths of a per cent"),
        sa.Column("streak", sa.Integer(), nullable=True),
        sa.Column("archived", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "churn IN ('stopped', 'competitor', 'no')", name=op.f("ck_reason_churn_known")
        ),
        sa.CheckConstraint(
            "use IN ('lost', 'end', 'reschedule')", name=op.f("ck_reason_use_known")
        ),
        sa.CheckConstraint(
            "\"group\" IN ('unfit', 'refused', 'later', 'void', 'unknown')",
            name=op.f("ck_reason_group_known"),
        ),
        sa.CheckConstraint(
            "limit_percent BETWEEN 0 AND 10000", name=op.f("ck_reason_limit_percent_range")
        ),
        sa.CheckConstraint("streak > 0", name=op.f("ck_reason_streak_range")),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline.id"], name=op.f("fk_reason_pipeline_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason")),
        sa.UniqueConstraint("id", "pipeline_id", name=op.f("uq_reason_id_pipeline_id")),
        sa.UniqueConstraint(
            "pipeline_id", "use", "key", name=op.f("uq_reason_pipeline_id_use_key")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reason_pipeline_id", "reason", ["pipeline_id"])

    op.create_table(
        "activation_target",
        sa.Column("pipeline_id", BigId, autoincrement=False, nullable=False),
        sa.Column("stage_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline.id"], name=op.f("fk_activation_target_pipeline_id")
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name=op.f("fk_activation_target_stage_id")
        ),
        sa.PrimaryKeyConstraint("pipeline_id", name=op.f("pk_activation_target")),
    )


def downgrade() -> None:
    op.drop_table("activation_target")
    op.drop_table("reason")
    op.drop_table("stage")
    op.drop_table("pipeline")
