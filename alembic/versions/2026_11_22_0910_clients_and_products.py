"""Clients, their contacts, and products."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Exact, Instant, Json

revision = "2026_11_22_0910"
down_revision = "2026_11_22_0900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "client",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", Exact, nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("segment", sa.String(length=64), nullable=True),
        sa.Column("owner_id", BigId, nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("tax_id", sa.String(length=32), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("preferred_channel", sa.String(length=32), nullable=True),
        sa.Column("credit_limit", sa.BigInteger(), nullable=True),
        sa.Column("credit_rating", sa.String(length=32), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("loyalty", sa.String(length=64), nullable=True),
        sa.Column("discount_cap", sa.Integer(), nullable=True, comment="hundredths of a per cent"),
        sa.Column("special_terms", sa.Text(), nullable=True),
        sa.Column("next_contact_at", Instant(), nullable=True),
        sa.Column("custom", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.CheckConstraint("kind IN ('company', 'person')", name=op.f("ck_client_kind_known")),
        sa.CheckConstraint("credit_limit >= 0", name=op.f("ck_client_credit_limit_range")),
        sa.CheckConstraint(
            "discount_cap BETWEEN 0 AND 10000", name=op.f("ck_client_discount_cap_range")
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_client_currency_is_iso")),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_client_name_given")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_client_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_client_name_key", "client", ["name_key"])
    op.create_index("ix_client_owner_id", "client", ["owner_id"])
    op.create_index(
        "uq_client_external_id",
        "client",
        ["external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )

    op.create_table(
        "contact",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column("client_id", BigId, nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", Exact, nullable=False),
        sa.Column("job_title", sa.String(length=128), nullable=True),
        sa.Column("phone", sa.String(length=64), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("messenger", sa.String(length=128), nullable=True),
        sa.Column("custom", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_contact_name_given")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_contact_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_contact_client_id", "contact", ["client_id"])
    op.create_index(
        "uq_contact_external_id",
        "contact",
        ["external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )

    op.create_table(
        "product",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", Exact, nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=True),
        sa.Column("category", sa.String(length=128), nullable=True),
        sa.Column("unit", sa.String(length=32), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "vat_rate",
            sa.Integer(),
            nullable=True,
            comment="hundredths of a per cent; NULL = no VAT",
        ),
        sa.Column("stock", sa.BigInteger(), nullable=True, comment="thousandths of a unit"),
        sa.Column("replenishment", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=True),
        sa.Column("lead_time", sa.String(length=8), nullable=True),
        sa.Column("archived", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("custom", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "replenishment IN ('none', 'fixed_term', 'consumption')",
            name=op.f("ck_product_replenishment_known"),
        ),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_product_cost_range")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_product_currency_is_iso")),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_product_name_given")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_product_price_range")),
        sa.CheckConstraint("vat_rate BETWEEN 0 AND 10000", name=op.f("ck_product_vat_rate_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_product_external_id",
        "product",
        ["external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("product")
    op.drop_table("contact")
    op.drop_table("client")
