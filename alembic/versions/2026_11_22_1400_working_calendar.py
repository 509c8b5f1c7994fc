"""The working calendar: days off and moved working days, at the start the fixed Russian holidays."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from backend.db.base import Json

revision = "2026_11_22_1400"
down_revision = "2026_11_22_1330"
branch_labels = None
depends_on = None

HOLIDAYS = [
    *(f"01-{day:02}" for day in range(1, 9)), "02-23", "03-08", "05-01", "05-09", "06-12", "11-04",
]  # fmt: skip


def upgrade() -> None:
    with _company() as table:
        for name in ("days_off", "working_days"):
            table.add_column(sa.Column(name, Json, nullable=False, server_default=sa.text("'[]'")))
    company = sa.table("company", sa.column("days_off", Json))
    op.execute(company.update().values(days_off=HOLIDAYS))


def downgrade() -> None:
    with _company() as table:
        for name in ("working_days", "days_off"):
            table.drop_column(name)


@contextmanager
def _company() -> Iterator[BatchOperations]:
    """Built anew on SQLite, which would write added columns behind the text of the table."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("company", recreate="always" if sqlite else "never") as table:
        if sqlite:  # a copied default of nothing would be put into brackets
            table.alter_column("name", server_default="")
        yield table
