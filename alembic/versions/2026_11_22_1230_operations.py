"""Operations: figures of server processes, site forms per address, nightly checks."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import Instant, Json

revision = "2026_11_22_1230"
down_revision = "2026_11_22_1200"
branch_labels = None
depends_on = None

PARKED = "parked_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "server_process",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("figures", Json, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_server_process")),
    )
    op.create_table(
        "intake_visitor",
        sa.Column("address", sa.String(length=64), nullable=False, comment="a hash of it"),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken >= 1", name=op.f("ck_intake_visitor_taken_range")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_intake_visitor")),
    )
    op.create_table(
        "record_check",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("reached", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("found", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column(
            "breaks",
            sa.Integer(),
            nullable=True,
            comment="of the last walk that came to its end",
        ),
        sa.CheckConstraint(
            "reached >= 0 AND found >= 0", name=op.f("ck_record_check_counters_range")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_record_check")),
    )
    op.create_index(
        "ix_renewal_parked",
        "renewal",
        ["parked_at"],
        sqlite_where=sa.text(PARKED),
        postgresql_where=sa.text(PARKED),
    )


def downgrade() -> None:
    op.drop_index("ix_renewal_parked", table_name="renewal")
    for table in ("record_check", "intake_visitor", "server_process"):
        op.drop_table(table)
