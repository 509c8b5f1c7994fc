"""Who is signed in in a browser; one counter for all that is limited in the database."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant

revision = "2026_11_22_1410"
down_revision = "2026_11_22_1400"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_session",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.CheckConstraint("length(hash) = 64", name=op.f("ck_user_session_hash_is_sha256")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_user_session_expires_later")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_user_session")),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])
    # What is counted is forgotten within a day, so nothing is carried over.
    op.drop_table("intake_visitor")
    _counter("admission", "visitor", "a hash of what and who")


def downgrade() -> None:
    op.drop_table("admission")
    _counter("intake_visitor", "address", "a hash of it")
    op.drop_table("user_session")


def _counter(table: str, key: str, comment: str) -> None:
    op.create_table(
        table,
        sa.Column(key, sa.String(length=64), nullable=False, comment=comment),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken >= 1", name=op.f(f"ck_{table}_taken_range")),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
    )
