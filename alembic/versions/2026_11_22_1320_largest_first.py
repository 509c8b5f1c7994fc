"""Lists of cards begin with the largest amount: PostgreSQL's indexes stand in that order.

SQLite reads the ones it has backwards and keeps them.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_1320"
down_revision = "2026_11_22_1310"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_card_owner_stage_amount": ["owner_id", "stage_id"],
    "ix_card_stage_amount": ["stage_id"],
}
LARGEST_FIRST = [sa.text("amount DESC NULLS LAST"), sa.text("id DESC")]


def upgrade() -> None:
    _rebuild(LARGEST_FIRST)


def downgrade() -> None:
    _rebuild(["amount", "id"])


def _rebuild(order: list[str] | list[sa.TextClause]) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, columns in INDEXES.items():
        op.drop_index(name, "card")
        op.create_index(name, "card", [*columns, *order])
