"""The file of an agreement: the contract as it was signed."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant

revision = "2026_11_22_1770"
down_revision = "2026_11_22_1760"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreement_file",
        sa.Column("agreement_id", BigId, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False, comment="bytes"),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_agreement_file_name_given")),
        sa.CheckConstraint("size > 0", name=op.f("ck_agreement_file_size_range")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_file_agreement_id")
        ),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_agreement_file")),
    )


def downgrade() -> None:
    op.drop_table("agreement_file")
