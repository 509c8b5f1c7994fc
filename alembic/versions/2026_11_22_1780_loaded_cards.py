"""Which row of a file a card was made of, so that the row is known when it is loaded again."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId

revision = "2026_11_22_1780"
down_revision = "2026_11_22_1770"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loaded_card",
        sa.Column("card_id", BigId, autoincrement=False, nullable=False),
        sa.Column(
            "digest",
            sa.String(length=12),
            nullable=False,
            comment="of the row that the card was made of",
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_loaded_card_card_id")),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_loaded_card")),
    )
    op.create_index("ix_loaded_card_digest", "loaded_card", ["digest"])


def downgrade() -> None:
    op.drop_table("loaded_card")
