"""Offers: terms, lines, revisions; they hang on a lead, a deal or a renewal."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant, Json

revision = "2026_11_22_0945"
down_revision = "2026_11_22_0940"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offer",
        sa.Column("card_id", BigId, autoincrement=False, nullable=False),
        sa.Column("lead_id", BigId, nullable=True),
        sa.Column("deal_id", BigId, nullable=True),
        sa.Column("renewal_id", BigId, nullable=True),
        sa.Column(
            "discount_percent", sa.Integer(), nullable=False, comment="hundredths of a per cent"
        ),
        sa.Column("vat_included", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("vat_total", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=True, comment="minor units; NULL = unknown"),
        sa.Column(
            "margin_percent",
            sa.Integer(),
            nullable=True,
            comment="hundredths of a per cent; NULL = unknown",
        ),
        sa.Column("payment_terms", sa.Text(), nullable=True),
        sa.Column("delivery_days", sa.Integer(), nullable=True),
        sa.Column("bonus", sa.Text(), nullable=True),
        sa.Column("special_terms", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("rework_count", sa.Integer(), nullable=False),
        sa.Column(
            "rework_note", sa.Text(), nullable=True, comment="what changed, as the last rework says"
        ),
        sa.Column("approval_status", sa.String(length=16), nullable=False),
        sa.Column("approval_by_id", BigId, nullable=True),
        sa.Column("approval_at", Instant(), nullable=True),
        sa.Column("approval_comment", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "approval_status IN ('none', 'requested', 'approved', 'rejected')",
            name=op.f("ck_offer_approval_status_known"),
        ),
        sa.CheckConstraint(
            "renewal_id IS NULL OR (lead_id IS NULL AND deal_id IS NULL)",
            name=op.f("ck_offer_hangs_on_one_card"),
        ),
        sa.CheckConstraint("delivery_days >= 0", name=op.f("ck_offer_delivery_days_range")),
        sa.CheckConstraint(
            "discount_percent BETWEEN 0 AND 10000", name=op.f("ck_offer_discount_percent_range")
        ),
        sa.CheckConstraint(
            "revision >= 1 AND rework_count >= 0", name=op.f("ck_offer_counters_range")
        ),
        sa.ForeignKeyConstraint(
            ["approval_by_id"], ["app_user.id"], name=op.f("fk_offer_approval_by_id")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_offer_card_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.card_id"], name=op.f("fk_offer_deal_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.card_id"], name=op.f("fk_offer_lead_id")),
        sa.ForeignKeyConstraint(
            ["renewal_id"], ["renewal.card_id"], name=op.f("fk_offer_renewal_id")
        ),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_offer")),
    )
    op.create_index("ix_offer_deal_id", "offer", ["deal_id"])
    op.create_index("ix_offer_lead_id", "offer", ["lead_id"])
    op.create_index("ix_offer_renewal_id", "offer", ["renewal_id"])

    op.create_table(
        "offer_line",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("offer_id", BigId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", BigId, nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="thousandths of a unit"),
        sa.Column("unit", sa.String(length=32), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False, comment="minor units for one unit"),
        sa.Column(
            "discount_percent", sa.Integer(), nullable=False, comment="hundredths of a per cent"
        ),
        sa.Column(
            "vat_rate",
            sa.Integer(),
            nullable=True,
            comment="hundredths of a per cent; NULL = no VAT",
        ),
        sa.Column("total", sa.BigInteger(), nullable=False, comment="minor units, after discount"),
        sa.CheckConstraint(
            "discount_percent BETWEEN 0 AND 10000",
            name=op.f("ck_offer_line_discount_percent_range"),
        ),
        sa.CheckConstraint("price >= 0", name=op.f("ck_offer_line_price_range")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_offer_line_quantity_range")),
        sa.CheckConstraint(
            "vat_rate BETWEEN 0 AND 10000", name=op.f("ck_offer_line_vat_rate_range")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.card_id"], name=op.f("fk_offer_line_offer_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_offer_line_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_line")),
        sa.UniqueConstraint("offer_id", "position", name=op.f("uq_offer_line_offer_id_position")),
        sqlite_autoincrement=True,
    )

    op.create_table(
        "offer_revision",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("offer_id", BigId, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BigId, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "content", Json, nullable=False, comment="the offer's terms and lines as they stood"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_offer_revision_by_id")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.card_id"], name=op.f("fk_offer_revision_offer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_revision")),
        sa.UniqueConstraint(
            "offer_id", "revision", name=op.f("uq_offer_revision_offer_id_revision")
        ),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("offer_revision")
    op.drop_table("offer_line")
    op.drop_table("offer")
