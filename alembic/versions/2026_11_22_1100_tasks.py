"""Tasks: what is to be done about a card or a client, by whom and by when."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant

revision = "2026_11_22_1100"
down_revision = "2026_11_22_1010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("family", sa.String(length=16), nullable=True),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("assignee_id", BigId, nullable=False),
        sa.Column("card_id", BigId, nullable=True),
        sa.Column("client_id", BigId, nullable=True),
        sa.Column(
            "made_by",
            sa.String(length=64),
            nullable=True,
            comment="the rule that made or last raised it; NULL = by hand",
        ),
        sa.Column(
            "done_at",
            Instant(),
            nullable=True,
            comment="when it was done, or closed without being done",
        ),
        sa.Column("closed_by", sa.String(length=8), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('call', 'email', 'meeting', 'message', 'todo')",
            name=op.f("ck_task_kind_known"),
        ),
        sa.CheckConstraint(
            "family IN ('contact', 'invoice', 'payment', 'decision')",
            name=op.f("ck_task_family_known"),
        ),
        sa.CheckConstraint(
            "closed_by IN ('person', 'card', 'undo')", name=op.f("ck_task_closed_by_known")
        ),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_task_title_given")),
        sa.CheckConstraint(
            "(card_id IS NULL) <> (client_id IS NULL)", name=op.f("ck_task_is_about_one_record")
        ),
        sa.CheckConstraint(
            "(done_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_task_done_says_by_whom")
        ),
        sa.CheckConstraint(
            "deleted_at IS NULL OR done_at IS NOT NULL", name=op.f("ck_task_deleted_is_closed")
        ),
        sa.ForeignKeyConstraint(["assignee_id"], ["app_user.id"], name=op.f("fk_task_assignee_id")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_task_card_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_task_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_task_card_id", "task", ["card_id"])
    op.create_index("ix_task_client_id", "task", ["client_id"])
    op.create_index(
        "ix_task_assignee_due",
        "task",
        ["assignee_id", "due_at", "id"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        "uq_task_next_step",
        "task",
        ["card_id", "family"],
        unique=True,
        sqlite_where=sa.text("made_by IS NOT NULL AND done_at IS NULL"),
        postgresql_where=sa.text("made_by IS NOT NULL AND done_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("task")
