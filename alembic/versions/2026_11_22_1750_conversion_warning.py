"""Pipelines may warn of a conversion that is too low."""

from contextlib import AbstractContextManager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "2026_11_22_1750"
down_revision = "2026_11_22_1740"
branch_labels = None
depends_on = None

CHECK = "ck_pipeline_conversion_warning_range"


def upgrade() -> None:
    with _altered() as table:
        table.add_column(
            sa.Column(
                "conversion_warning",
                sa.Integer(),
                server_default="50",
                nullable=True,
                comment="per cent; NULL = none",
            )
        )
        table.create_check_constraint(op.f(CHECK), "conversion_warning BETWEEN 1 AND 100")


def downgrade() -> None:
    with _altered() as table:
        table.drop_constraint(op.f(CHECK), type_="check")
        table.drop_column("conversion_warning")


def _altered() -> AbstractContextManager[BatchOperations]:
    """The table to be altered: built anew on SQLite, so that its text reads as it is declared."""
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    return op.batch_alter_table(
        "pipeline", recreate=recreate, table_kwargs={"sqlite_autoincrement": True}
    )
