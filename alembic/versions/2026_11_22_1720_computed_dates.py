"""Stages may compute the renewal date of a deal; a date that was computed is marked."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "2026_11_22_1720"
down_revision = "2026_11_22_1710"
branch_labels = None
depends_on = None

CHECK = "ck_deal_computed_is_a_date"


def _batch(table: str, **options: object) -> BatchOperations:
    """Built anew on SQLite, which would write added columns behind the text of the table."""
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    return op.batch_alter_table(table, recreate=recreate, table_kwargs=options)


def upgrade() -> None:
    with _batch("stage", sqlite_autoincrement=True) as table:
        table.add_column(
            sa.Column(
                "computes_renewal_date", sa.Boolean(), server_default=sa.false(), nullable=False
            )
        )
    with _batch("deal") as table:
        table.add_column(
            sa.Column(
                "renewal_date_computed", sa.Boolean(), server_default=sa.false(), nullable=False
            )
        )
        table.create_check_constraint(
            op.f(CHECK), "NOT renewal_date_computed OR renewal_date IS NOT NULL"
        )


def downgrade() -> None:
    with _batch("deal") as table:
        table.drop_constraint(op.f(CHECK), type_="check")
        table.drop_column("renewal_date_computed")
    with _batch("stage", sqlite_autoincrement=True) as table:
        table.drop_column("computes_renewal_date")
