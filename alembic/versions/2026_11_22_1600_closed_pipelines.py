"""Pipelines may be closed to roles; none is until an admin says so."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId

revision = "2026_11_22_1600"
down_revision = "2026_11_22_1520"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pipeline_closed",
        sa.Column("pipeline_id", BigId, autoincrement=False, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline.id"],
            name=op.f("fk_pipeline_closed_pipeline_id"),
        ),
        sa.ForeignKeyConstraint(
            ["role"], ["role.key"], name=op.f("fk_pipeline_closed_role")
        ),
        sa.PrimaryKeyConstraint("pipeline_id", "role", name=op.f("pk_pipeline_closed")),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("pipeline_closed")
