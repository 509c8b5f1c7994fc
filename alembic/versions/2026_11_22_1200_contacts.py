"""Contacts: found by e-mail, one of them primary, how to reach them, what to know about them."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import Exact

revision = "2026_11_22_1200"
down_revision = "2026_11_22_1100"
branch_labels = None
depends_on = None

COUNTING = {"sqlite_autoincrement": True}
PRIMARY = "is_primary AND deleted_at IS NULL"


def upgrade() -> None:
    # Built anew on SQLite, which would write added columns behind the text of the table.
    sqlite = op.get_bind().dialect.name == "sqlite"
    recreate = "always" if sqlite else "never"
    with op.batch_alter_table("contact", recreate=recreate, table_kwargs=COUNTING) as table:
        table.add_column(sa.Column("email_key", Exact, nullable=True))
        table.add_column(sa.Column("preferred_channel", sa.String(length=32), nullable=True))
        table.add_column(
            sa.Column("is_primary", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        table.add_column(sa.Column("note", sa.Text(), nullable=True))
    op.execute("UPDATE contact SET email_key = lower(email)")
    op.create_index(
        "uq_contact_primary",
        "contact",
        ["client_id"],
        unique=True,
        sqlite_where=sa.text(PRIMARY),
        postgresql_where=sa.text(PRIMARY),
    )
    op.create_index("ix_contact_name_key", "contact", ["name_key"])
    op.create_index("ix_contact_email_key", "contact", ["email_key"])


def downgrade() -> None:
    for name in ("ix_contact_email_key", "ix_contact_name_key", "uq_contact_primary"):
        op.drop_index(name, "contact")
    with op.batch_alter_table("contact", table_kwargs=COUNTING) as table:
        for column in ("note", "is_primary", "preferred_channel", "email_key"):
            table.drop_column(column)
