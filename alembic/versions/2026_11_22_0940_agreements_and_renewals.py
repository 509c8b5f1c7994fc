"""Agreements, their renewals, the ledger of the sweep, and who is gone."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Exact, Instant, Json

revision = "2026_11_22_0940"
down_revision = "2026_11_22_0930"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreement",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("title_key", Exact, nullable=False),
        sa.Column("client_id", BigId, nullable=False),
        sa.Column("product_id", BigId, nullable=True),
        sa.Column("owner_id", BigId, nullable=False),
        sa.Column("deal_id", BigId, nullable=True),
        sa.Column("pipeline_id", BigId, nullable=False),
        sa.Column("type", sa.String(length=32), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("end_reason_id", BigId, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("anchor_date", sa.Date(), nullable=False),
        sa.Column("anchor_cycle", sa.Integer(), nullable=False),
        sa.Column(
            "period",
            sa.String(length=8),
            nullable=True,
            comment="NULL = the next date is always asked",
        ),
        sa.Column("lead_time", sa.String(length=8), nullable=True),
        sa.Column("custom", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.Column(
            "withdrawn_at", Instant(), nullable=True, comment="taken back by an undo or a reopening"
        ),
        sa.CheckConstraint(
            "(status = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_agreement_ended_has_time")
        ),
        sa.CheckConstraint(
            "status IN ('running', 'ended')", name=op.f("ck_agreement_status_known")
        ),
        sa.CheckConstraint("anchor_cycle >= 0", name=op.f("ck_agreement_anchor_cycle_range")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_agreement_currency_is_iso")),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_agreement_title_given")),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR deleted_at IS NOT NULL",
            name=op.f("ck_agreement_withdrawn_is_deleted"),
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_agreement_client_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.card_id"], name=op.f("fk_agreement_deal_id")),
        sa.ForeignKeyConstraint(
            ["end_reason_id"], ["reason.id"], name=op.f("fk_agreement_end_reason_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_agreement_owner_id")),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline.id"], name=op.f("fk_agreement_pipeline_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_agreement_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_agreement_client_id", "agreement", ["client_id"])
    op.create_index(
        "uq_agreement_external_id",
        "agreement",
        ["external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )

    op.create_table(
        "renewal",
        sa.Column("card_id", BigId, autoincrement=False, nullable=False),
        sa.Column("agreement_id", BigId, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("renewal_date", sa.Date(), nullable=False),
        sa.Column("original_renewal_date", sa.Date(), nullable=False),
        sa.Column("slips", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lead_time", sa.String(length=8), nullable=True),
        sa.Column("activates_on", sa.Date(), nullable=False),
        sa.Column("activated_at", Instant(), nullable=True),
        sa.Column("previous_id", BigId, nullable=True),
        sa.Column("other_agreement_id", BigId, nullable=True),
        sa.Column(
            "waits",
            sa.Integer(),
            nullable=False,
            comment="how many times it was put into the store",
        ),
        sa.Column("pending", sa.Boolean(), nullable=False, comment="waiting or open"),
        sa.Column("waiting", sa.Boolean(), nullable=False, comment="in the store"),
        sa.Column(
            "withdrawn_at", Instant(), nullable=True, comment="taken back by an undo or a reopening"
        ),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.Column("parked_at", Instant(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "activates_on <= renewal_date", name=op.f("ck_renewal_activates_before_its_date")
        ),
        sa.CheckConstraint("cycle >= 1", name=op.f("ck_renewal_cycle_range")),
        sa.CheckConstraint("pending OR NOT waiting", name=op.f("ck_renewal_waiting_is_pending")),
        sa.CheckConstraint("slips >= 0", name=op.f("ck_renewal_slips_range")),
        sa.CheckConstraint("waits >= 1", name=op.f("ck_renewal_waits_range")),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR NOT pending", name=op.f("ck_renewal_withdrawn_is_not_pending")
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_renewal_agreement_id")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_renewal_card_id")),
        sa.ForeignKeyConstraint(
            ["other_agreement_id"], ["agreement.id"], name=op.f("fk_renewal_other_agreement_id")
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"], ["renewal.card_id"], name=op.f("fk_renewal_previous_id")
        ),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_renewal")),
    )
    op.create_index(
        "ix_renewal_due",
        "renewal",
        ["activates_on", "card_id"],
        sqlite_where=sa.text("waiting"),
        postgresql_where=sa.text("waiting"),
    )
    op.create_index("ix_renewal_previous_id", "renewal", ["previous_id"])
    op.create_index("ix_renewal_renewal_date", "renewal", ["renewal_date", "card_id"])
    op.create_index(
        "uq_renewal_cycle",
        "renewal",
        ["agreement_id", "cycle"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "uq_renewal_one_pending",
        "renewal",
        ["agreement_id"],
        unique=True,
        sqlite_where=sa.text("pending"),
        postgresql_where=sa.text("pending"),
    )

    op.create_table(
        "sweep_run",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("today", sa.Date(), nullable=False),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("checked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("activated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("late_days_max", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "trigger IN ('cron', 'catch_up', 'manual')", name=op.f("ck_sweep_run_trigger_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweep_run")),
        sqlite_autoincrement=True,
    )

    op.create_table(
        "renewal_activation",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("renewal_id", BigId, nullable=False),
        sa.Column("wait", sa.Integer(), nullable=False, comment="which stay in the store it ended"),
        sa.Column("activates_on", sa.Date(), nullable=False),
        sa.Column("activated_at", Instant(), nullable=False),
        sa.Column("run_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["renewal_id"], ["renewal.card_id"], name=op.f("fk_renewal_activation_renewal_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sweep_run.id"], name=op.f("fk_renewal_activation_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal_activation")),
        sa.UniqueConstraint(
            "renewal_id", "wait", name=op.f("uq_renewal_activation_renewal_id_wait")
        ),
        sqlite_autoincrement=True,
    )

    op.create_table(
        "churn_interval",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("client_id", BigId, nullable=False),
        sa.Column("renewal_id", BigId, nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("voided_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_churn_interval_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["renewal_id"], ["renewal.card_id"], name=op.f("fk_churn_interval_renewal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_churn_interval")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_churn_interval_client_id", "churn_interval", ["client_id"])
    op.create_index(
        "uq_churn_interval_renewal",
        "churn_interval",
        ["renewal_id"],
        unique=True,
        sqlite_where=sa.text("voided_at IS NULL"),
        postgresql_where=sa.text("voided_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("churn_interval")
    op.drop_table("renewal_activation")
    op.drop_table("sweep_run")
    op.drop_table("renewal")
    op.drop_table("agreement")
