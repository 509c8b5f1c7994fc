"""Cards, and what is special to leads and deals."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Exact, Instant, Json

revision = "2026_11_22_0930"
down_revision = "2026_11_22_0920"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("title_key", Exact, nullable=False),
        sa.Column("pipeline_id", BigId, nullable=False),
        sa.Column("stage_id", BigId, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("position", Exact, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True, comment="minor units"),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "probability", sa.Integer(), nullable=True, comment="per cent; NULL = the stage's"
        ),
        sa.Column("owner_id", BigId, nullable=False),
        sa.Column("client_id", BigId, nullable=True),
        sa.Column("contact_id", BigId, nullable=True),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column(
            "entered_at",
            Instant(),
            nullable=True,
            comment="first entry into an open stage of this pipeline",
        ),
        sa.Column("stage_entered_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("reason_id", BigId, nullable=True),
        sa.Column("close_comment", sa.Text(), nullable=True),
        sa.Column("lost_from_stage_id", BigId, nullable=True),
        sa.Column("competitor", sa.String(length=255), nullable=True),
        sa.Column(
            "competitor_price",
            sa.BigInteger(),
            nullable=True,
            comment="minor units of the card's currency",
        ),
        sa.Column("other_card_id", BigId, nullable=True),
        sa.Column("next_contact_at", Instant(), nullable=True),
        sa.Column("touched_at", Instant(), nullable=False, comment="last human activity"),
        sa.Column("handed_over_by_id", BigId, nullable=True),
        sa.Column("handed_over_at", Instant(), nullable=True),
        sa.Column("custom", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "(state = 'lost') = (reason_id IS NOT NULL)", name=op.f("ck_card_lost_has_reason")
        ),
        sa.CheckConstraint(
            "(state = 'lost') OR (lost_from_stage_id IS NULL)",
            name=op.f("ck_card_lost_from_when_lost"),
        ),
        sa.CheckConstraint(
            "(state IN ('won', 'lost')) = (closed_at IS NOT NULL)",
            name=op.f("ck_card_closed_has_time"),
        ),
        sa.CheckConstraint(
            "kind IN ('lead', 'offer', 'deal', 'renewal')", name=op.f("ck_card_kind_known")
        ),
        sa.CheckConstraint(
            "state <> 'waiting' OR (kind = 'renewal' AND entered_at IS NULL)",
            name=op.f("ck_card_only_renewals_wait"),
        ),
        sa.CheckConstraint(
            "state = 'waiting' OR entered_at IS NOT NULL",
            name=op.f("ck_card_entered_unless_waiting"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'open', 'won', 'lost')", name=op.f("ck_card_state_known")
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_card_currency_is_iso")),
        sa.CheckConstraint(
            "length(position) BETWEEN 1 AND 255", name=op.f("ck_card_position_length")
        ),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_card_title_given")),
        sa.CheckConstraint("probability BETWEEN 0 AND 100", name=op.f("ck_card_probability_range")),
        sa.CheckConstraint(
            "version >= 1 AND last_seq >= 1", name=op.f("ck_card_counters_start_at_one")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_card_client_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_card_contact_id")),
        sa.ForeignKeyConstraint(
            ["handed_over_by_id"], ["app_user.id"], name=op.f("fk_card_handed_over_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["lost_from_stage_id"], ["stage.id"], name=op.f("fk_card_lost_from_stage_id")
        ),
        sa.ForeignKeyConstraint(["other_card_id"], ["card.id"], name=op.f("fk_card_other_card_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_card_owner_id")),
        sa.ForeignKeyConstraint(
            ["pipeline_id", "kind"], ["pipeline.id", "pipeline.kind"], name="fk_card_pipeline_kind"
        ),
        sa.ForeignKeyConstraint(
            ["reason_id", "pipeline_id"],
            ["reason.id", "reason.pipeline_id"],
            name="fk_card_reason_pipeline",
        ),
        sa.ForeignKeyConstraint(
            ["stage_id", "pipeline_id"],
            ["stage.id", "stage.pipeline_id"],
            name="fk_card_stage_pipeline",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_card_client_id", "card", ["client_id"])
    op.create_index("ix_card_kind_updated", "card", ["kind", "updated_at", "id"])
    op.create_index("ix_card_owner_stage_amount", "card", ["owner_id", "stage_id", "amount", "id"])
    op.create_index("ix_card_stage_amount", "card", ["stage_id", "amount", "id"])
    op.create_index(
        "uq_card_external_id",
        "card",
        ["kind", "external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index("uq_card_stage_position", "card", ["stage_id", "position"], unique=True)

    op.create_table(
        "lead",
        sa.Column("card_id", BigId, autoincrement=False, nullable=False),
        sa.Column("contact_name", sa.String(length=255), nullable=True),
        sa.Column("company_name", sa.String(length=255), nullable=True),
        sa.Column("phone", sa.String(length=64), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("messenger", sa.String(length=128), nullable=True),
        sa.Column("need", sa.Text(), nullable=True),
        sa.Column(
            "budget", sa.BigInteger(), nullable=True, comment="minor units of the card's currency"
        ),
        sa.Column("price_level_agreed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("temperature", sa.String(length=8), nullable=True),
        sa.Column("grade", sa.String(length=16), nullable=True),
        sa.Column("suspended_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "grade IN ('real', 'potential', 'likely', 'unlikely', 'archive')",
            name=op.f("ck_lead_grade_known"),
        ),
        sa.CheckConstraint(
            "temperature IN ('cold', 'warm', 'hot')", name=op.f("ck_lead_temperature_known")
        ),
        sa.CheckConstraint("budget >= 0", name=op.f("ck_lead_budget_range")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_lead_card_id")),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_lead")),
    )

    op.create_table(
        "deal",
        sa.Column("card_id", BigId, autoincrement=False, nullable=False),
        sa.Column("expected_close_on", sa.Date(), nullable=True),
        sa.Column(
            "start_on",
            sa.Date(),
            nullable=True,
            comment="first day of the term; NULL = the day of the win",
        ),
        sa.Column("renewal_date", sa.Date(), nullable=True),
        sa.Column("renewal_period", sa.String(length=8), nullable=True),
        sa.Column("one_off", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "NOT one_off OR (renewal_date IS NULL AND renewal_period IS NULL)",
            name=op.f("ck_deal_one_off_does_not_renew"),
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_deal_card_id")),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_deal")),
    )

    op.create_table(
        "deal_line",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("deal_id", BigId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", BigId, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="thousandths of a unit"),
        sa.Column("unit", sa.String(length=32), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False, comment="minor units for one unit"),
        sa.CheckConstraint("price >= 0", name=op.f("ck_deal_line_price_range")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_deal_line_quantity_range")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.card_id"], name=op.f("fk_deal_line_deal_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_deal_line_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_line")),
        sa.UniqueConstraint("deal_id", "position", name=op.f("uq_deal_line_deal_id_position")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("deal_line")
    op.drop_table("deal")
    op.drop_table("lead")
    op.drop_table("card")
