"""Activities: what people have done or said about a card or a client."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant

revision = "2026_11_22_1430"
down_revision = "2026_11_22_1410"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=True, comment="of calls and e-mails"),
        sa.Column("outcome", sa.String(length=255), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("author_id", BigId, nullable=True),
        sa.Column("card_id", BigId, nullable=True),
        sa.Column("client_id", BigId, nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('call', 'email', 'meeting', 'note')", name=op.f("ck_activity_kind_known")
        ),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_activity_direction_known")),
        sa.CheckConstraint(
            "direction IS NULL OR kind IN ('call', 'email')",
            name=op.f("ck_activity_direction_where_there_is_one"),
        ),
        sa.CheckConstraint(
            "kind <> 'note' OR body IS NOT NULL", name=op.f("ck_activity_note_says_something")
        ),
        sa.CheckConstraint(
            "(card_id IS NULL) <> (client_id IS NULL)",
            name=op.f("ck_activity_is_about_one_record"),
        ),
        sa.ForeignKeyConstraint(["author_id"], ["app_user.id"], name=op.f("fk_activity_author_id")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_activity_card_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_activity_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_activity_card_at", "activity", ["card_id", "at"])
    op.create_index("ix_activity_client_at", "activity", ["client_id", "at"])


def downgrade() -> None:
    op.drop_table("activity")
