"""The renewals that somebody has to decide about are found without reading those that wait."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_1790"
down_revision = "2026_11_22_1780"
branch_labels = None
depends_on = None

WHERE = sa.text("review_since IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_renewal_review",
        "renewal",
        ["renewal_date", "card_id"],
        sqlite_where=WHERE,
        postgresql_where=WHERE,
    )


def downgrade() -> None:
    op.drop_index("ix_renewal_review", "renewal")
