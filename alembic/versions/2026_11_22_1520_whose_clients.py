"""Whose clients they are is told by the index alone."""

from alembic import op

revision = "2026_11_22_1520"
down_revision = "2026_11_22_1510"
branch_labels = None
depends_on = None

NAME = "ix_client_owner_id"


def upgrade() -> None:
    op.drop_index(NAME, "client")
    op.create_index(NAME, "client", ["owner_id", "id"])


def downgrade() -> None:
    op.drop_index(NAME, "client")
    op.create_index(NAME, "client", ["owner_id"])
