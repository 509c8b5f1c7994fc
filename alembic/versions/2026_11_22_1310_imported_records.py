"""Imports remember what they brought, so that what is changed here by hand is kept."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant, Json

revision = "2026_11_22_1310"
down_revision = "2026_11_22_1300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imported_record",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("record_id", BigId, autoincrement=False, nullable=False),
        sa.Column(
            "fields",
            Json,
            nullable=False,
            comment="by field: a digest of what the source said, one of what stood here after it",
        ),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('team', 'user', 'product', 'client', 'contact', 'lead', 'deal', 'renewal')",
            name=op.f("ck_imported_record_kind_known"),
        ),
        sa.PrimaryKeyConstraint("kind", "record_id", name=op.f("pk_imported_record")),
    )


def downgrade() -> None:
    op.drop_table("imported_record")
