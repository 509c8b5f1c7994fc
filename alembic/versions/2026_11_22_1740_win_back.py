"""A deal may name the lost renewal whose client it is to win back."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from backend.db.base import BigId

revision = "2026_11_22_1740"
down_revision = "2026_11_22_1730"
branch_labels = None
depends_on = None

NAMED = sa.text("win_back_of IS NOT NULL")


@contextmanager
def _altered() -> Iterator[BatchOperations]:
    """The table to be altered: built anew on SQLite, so that its text reads as it is declared."""
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("deal", recreate=recreate) as table:
        yield table


def upgrade() -> None:
    with _altered() as table:
        table.add_column(sa.Column("win_back_of", BigId, nullable=True))
        table.create_foreign_key(op.f("fk_deal_win_back_of"), "card", ["win_back_of"], ["id"])
    op.create_index(
        "ix_deal_win_back_of", "deal", ["win_back_of"], sqlite_where=NAMED, postgresql_where=NAMED
    )


def downgrade() -> None:
    op.drop_index("ix_deal_win_back_of", "deal")
    with _altered() as table:
        table.drop_constraint(op.f("fk_deal_win_back_of"), type_="foreignkey")
        table.drop_column("win_back_of")
