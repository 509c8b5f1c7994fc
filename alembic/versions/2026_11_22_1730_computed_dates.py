"""Stages may compute the renewal date of a deal; a date that was computed is marked."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "2026_11_22_1730"
down_revision = "2026_11_22_1720"
branch_labels = None
depends_on = None

CHECK = "ck_deal_computed_is_a_date"
TEXTS = ("meaning_ru", "meaning_en", "instructions_ru", "instructions_en")


@contextmanager
def _altered(table: str) -> Iterator[BatchOperations]:
    """A table to be altered: built anew on SQLite, so that its text reads as it is declared."""
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    counting = {"sqlite_autoincrement": True} if table == "stage" else {}
    with op.batch_alter_table(table, recreate=recreate, table_kwargs=counting) as altered:
        for name in TEXTS if table == "stage" else ():
            altered.alter_column(name, server_default="")  # is read back with brackets
        yield altered


def upgrade() -> None:
    with _altered("stage") as table:
        table.add_column(_flag("computes_renewal_date"))
    with _altered("deal") as table:
        table.add_column(_flag("renewal_date_computed"))
        table.create_check_constraint(
            op.f(CHECK), "NOT renewal_date_computed OR renewal_date IS NOT NULL"
        )


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def downgrade() -> None:
    with _altered("deal") as table:
        table.drop_constraint(op.f(CHECK), type_="check")
        table.drop_column("renewal_date_computed")
    with _altered("stage") as table:
        table.drop_column("computes_renewal_date")
