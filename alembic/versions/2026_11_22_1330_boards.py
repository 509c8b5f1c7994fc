"""Boards: sums of a column from the index alone, closed cards newest first."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_1330"
down_revision = "2026_11_22_1320"
branch_labels = None
depends_on = None

COUNTED = ["kind", "owner_id", "client_id", "amount", "probability"]
INDEXES = {
    "ix_card_board": (
        ["stage_id", "currency"],
        COUNTED,
        "closed_at IS NULL AND deleted_at IS NULL",
    ),
    "ix_card_closed": (
        ["stage_id", "closed_at", "id"],
        ["currency", *COUNTED],
        "closed_at IS NOT NULL AND deleted_at IS NULL",
    ),
}


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, (key, include, condition) in INDEXES.items():
        where = sa.text(condition)
        if sqlite:
            op.create_index(name, "card", [*key, *include], sqlite_where=where)
        else:
            op.create_index(name, "card", key, postgresql_include=include, postgresql_where=where)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "card")
